"""The paper's figures, drawn from what this program does: maps, tastes, side by side, the response to light.

`maps`, `tastes` and `response` find what a figure shows; `sheet` draws it, with matplotlib. Nothing here knows
a camera family or opens a model: the command gives a meter and what opens a camera. Figure 13 is `autoexposure.study`,
Figures 7 and 9 need trainings and are `models.experiments`. Start with `maps`.
"""
