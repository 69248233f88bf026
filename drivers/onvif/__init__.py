"""Network cameras by ONVIF.

Start in `camera`; `service` speaks SOAP.
"""
