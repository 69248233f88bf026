from slide_camera import FAMILY

from autoexposure.testing import CameraContract


class TestSlides(CameraContract):
    family = FAMILY
