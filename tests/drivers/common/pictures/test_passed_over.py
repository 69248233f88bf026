from autoexposure.errors import CameraError, FrameTimeout, PictureDamaged, PictureError
from drivers.common.pictures.passed_over import UNDECODABLE, PassedOver


def passed_over() -> PassedOver:
    return PassedOver("cam", if_damaged="mend it", if_undecodable="change it")


def test_none_is_absent():
    error = passed_over().error(2)
    assert type(error) is FrameTimeout
    assert str(error) == "cam delivered no picture within 2 s"


def test_some_are_damaged_and_say_what_of():
    pictures = passed_over()
    pictures.add(PictureDamaged("half is missing"))
    error = pictures.error(2)
    assert type(error) is FrameTimeout
    assert str(error) == "cam delivered only damaged pictures within 2 s (half is missing): mend it"


def test_many_of_another_kind_are_the_end_unless_a_better_one_came_between():
    pictures = passed_over()
    for at in range(UNDECODABLE):
        pictures.begin()
        pictures.add(PictureError("this is no JPEG"))
        assert isinstance(pictures.error(1), FrameTimeout) == (at < UNDECODABLE - 1)
    error = pictures.error(1)
    assert type(error) is CameraError
    assert str(error) == "cam delivers pictures that can't be decoded (this is no JPEG): change it"
    pictures.add(PictureDamaged("half is missing"))
    assert isinstance(pictures.error(1), FrameTimeout)
    for _ in range(UNDECODABLE - 1):
        pictures.add(PictureError("this is no JPEG"))
    pictures.end()
    pictures.add(PictureError("this is no JPEG"))
    assert isinstance(pictures.error(1), FrameTimeout)
