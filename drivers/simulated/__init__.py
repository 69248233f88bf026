"""The camera that is always there: a sensor, firmware and delay, in software.

Start in `camera`; `config` is what ``sim:`` understands.
"""
