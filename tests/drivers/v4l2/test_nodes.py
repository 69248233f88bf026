"""Nodes that are no cameras, and cameras that are not the one people look for first.

What the nodes say of themselves is what people's own were reported to say: Intel's IPU6 and IPU3, the Raspberry Pi's
unicam, image processor and codec, Windows Hello cameras of laptops, v4l2loopback with and without exclusive_caps.
"""

import errno
import os
import sys

import pytest

from autoexposure.errors import CameraBusy, CameraError, CameraNotFound
from drivers import discovery
from drivers.discovery import open_camera, why_chosen
from drivers.v4l2.access import access_remedy
from drivers.v4l2.camera import first_controllable, list_v4l2, open_v4l2
from drivers.v4l2.node_kinds import NodeKind, kind_of

CAPTURE, OUTPUT, VBI, CAPTURE_MPLANE, OUTPUT_MPLANE = 0x1, 0x2, 0x10, 0x1000, 0x2000
M2M_MPLANE, M2M, TUNER, RADIO, SDR = 0x4000, 0x8000, 0x10000, 0x40000, 0x100000
META, STREAMING, META_OUTPUT, TOUCH, IO_MC = 0x800000, 0x4000000, 0x8000000, 0x10000000, 0x20000000
COLOUR = ["YUYV", "MJPG"]


def refuse(monkeypatch, number=errno.EACCES):
    """No node may be opened."""

    def answer(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("drivers.v4l2.nodes.os.open", answer)


@pytest.mark.parametrize(
    ("capabilities", "driver", "name", "formats", "kind"),
    [
        (CAPTURE, "uvcvideo", "Integrated Camera: Integrated C", COLOUR, NodeKind.CAMERA),
        (CAPTURE, "uvcvideo", "Odd Camera", [], NodeKind.CAMERA),
        (CAPTURE, "uvcvideo", "SR300", ["YUYV", "Z16 ", "INZI", "Y10"], NodeKind.CAMERA),
        (CAPTURE, "uvcvideo", "RGB-IR Camera: RGB-IR Camera", COLOUR, NodeKind.CAMERA),
        (CAPTURE, "uvcvideo", "AIR Webcam", COLOUR, NodeKind.CAMERA),
        (CAPTURE | TUNER, "em28xx", "Grabber", COLOUR, NodeKind.CAMERA),
        (CAPTURE, "uvcvideo", "Integrated Camera: Integrated I", ["GREY"], NodeKind.MONOCHROME),
        (CAPTURE, "uvcvideo", "USB2.0 HD UVC WebCam: USB2.0 IR", ["GREY", "MJPG"], NodeKind.MONOCHROME),
        (CAPTURE, "uvcvideo", "Integrated IR Camera: Integrate", COLOUR, NodeKind.MONOCHROME),
        (CAPTURE, "uvcvideo", "Infrared Camera", COLOUR, NodeKind.MONOCHROME),
        (CAPTURE, "uvcvideo", "RealSense", ["Y8I", "Y12I", "GREY", "Y16"], NodeKind.MONOCHROME),
        (CAPTURE | OUTPUT | M2M, "v4l2 loopback", "OBS Virtual Camera", COLOUR, NodeKind.VIRTUAL),
        (CAPTURE, "v4l2 loopback", "Intel MIPI Camera", COLOUR, NodeKind.VIRTUAL),
        (CAPTURE | IO_MC, "isys", "ipu6", ["BA10"], NodeKind.PIPELINE),
        (CAPTURE_MPLANE | IO_MC, "rkisp1", "rkisp1_mainpath", [], NodeKind.PIPELINE),
        (CAPTURE | META | IO_MC, "rp1-cfe", "rp1-cfe-csi2_ch0", [], NodeKind.PIPELINE),
        (META | IO_MC, "unicam", "unicam-embedded", [], NodeKind.OTHER),
        (CAPTURE | VBI | TUNER | RADIO, "bttv", "A card whose driver says it all at once", [], NodeKind.CAMERA),
        (META_OUTPUT | IO_MC, "rkisp1", "rkisp1_params", [], NodeKind.OTHER),
        (META, "uvcvideo", "Integrated Camera: Integrated C", [], NodeKind.OTHER),
        (M2M_MPLANE, "bcm2835-codec", "bcm2835-codec-decode", [], NodeKind.OTHER),
        (CAPTURE_MPLANE | OUTPUT_MPLANE, "s5p-mfc", "s5p-mfc-dec", [], NodeKind.OTHER),
        (CAPTURE, "bcm2835-isp", "bcm2835-isp", COLOUR, NodeKind.OTHER),
        (CAPTURE_MPLANE | IO_MC, "pispbe", "pispbe-output0", COLOUR, NodeKind.OTHER),
        (OUTPUT, "vivid", "vivid-000-vid-out", [], NodeKind.OTHER),
        (VBI, "bttv", "bttv vbi", [], NodeKind.OTHER),
        (RADIO | TUNER, "si470x", "radio", [], NodeKind.OTHER),
        (SDR | TUNER, "msi2500", "sdr", [], NodeKind.OTHER),
        (CAPTURE | TOUCH, "rmi4", "touch", [], NodeKind.OTHER),
        (0, "odd", "odd", [], NodeKind.OTHER),
    ],
)
def test_a_node_is_told_by_what_it_says_of_itself(capabilities, driver, name, formats, kind):
    found, use = kind_of(capabilities | STREAMING, driver, name, formats, virtual=False)
    assert found is kind
    assert bool(use) == (kind is NodeKind.OTHER)


def test_a_device_without_a_parent_is_virtual_whatever_its_driver_is_called():
    assert kind_of(CAPTURE | OUTPUT, "akvcam", "Virtual Camera", COLOUR, virtual=True)[0] is NodeKind.VIRTUAL


@pytest.mark.parametrize(
    ("capabilities", "use"),
    [(M2M, "codec"), (RADIO, "radio"), (META, "metadata"), (CAPTURE | TOUCH, "touch"), (0, "no source")],
)
def test_a_node_that_is_no_camera_is_neither_offered_nor_opened(kernel, capabilities, use):
    node = kernel.plug(0, capabilities=capabilities | STREAMING)
    assert list_v4l2() == []
    with pytest.raises(CameraNotFound, match=f"delivers no pictures, it is .*{use}"):
        open_v4l2(str(node.path))
    with pytest.raises(CameraNotFound, match="no camera is plugged in"):
        open_v4l2("")


def test_what_the_driver_leaves_out_of_device_caps_counts(kernel, monkeypatch):
    webcam = kernel.plug()

    def old_querycap(arg):
        arg.driver, arg.card, arg.bus_info = b"uvcvideo", b"Fake Webcam", b"usb-fake-1"
        arg.capabilities, arg.device_caps = CAPTURE | STREAMING, 0

    monkeypatch.setattr(webcam, "querycap", old_querycap)
    assert [info.trouble for info in list_v4l2()] == [""]


def plug_pipeline(kernel, first=0, nodes=3, **options):
    for number in range(first, first + nodes):
        node = kernel.plug(
            number, index=number - first, on="pci", driver="isys", capabilities=CAPTURE | IO_MC | STREAMING
        )
        node.card, node.modes = "ipu6", {"BA10": [(64, 48, (30,))]}
        for name, value in options.items():
            setattr(node, name, value)
    return node


def test_a_pipeline_is_listed_once_with_the_way_out(kernel):
    plug_pipeline(kernel)
    (info,) = list_v4l2()
    assert info.name == "ipu6"
    assert "libcamera" in info.trouble
    assert "pipewire:" in info.trouble


def test_a_raspberry_pi_is_told_its_own_way_out(kernel):
    plug_pipeline(kernel, card="rp1-cfe")
    assert "picamera2:0" in list_v4l2()[0].trouble


def test_a_pipeline_that_the_distribution_hides_is_told_by_its_name(kernel, monkeypatch):
    for number in range(3):
        kernel.plug(number, index=number, on="pci")
        (kernel.sysfs / f"video{number}" / "name").write_text(f"Intel IPU6 ISYS Capture {number}\n")
    refuse(monkeypatch)
    (info,) = list_v4l2()
    assert "libcamera" in info.trouble
    assert "group" not in info.trouble


def test_a_laptop_whose_only_camera_is_a_pipeline_is_told_so(kernel):
    plug_pipeline(kernel)
    with open_camera() as camera:
        assert camera.info.spec == "sim:"
        said = why_chosen(camera)
    assert said.startswith("A simulated camera is shown, since none here can be controlled (ipu6: only libcamera")
    with open_camera("sim:") as camera:
        assert why_chosen(camera) == "", "it was asked for by name"


def test_each_camera_passed_over_is_named_up_to_a_few(kernel):
    for number in range(6):
        webcam = kernel.plug(number)
        webcam.values, webcam.card = {}, f"Webcam {number}"
    with open_camera() as camera:
        said = why_chosen(camera)
    assert "Webcam 0: can be watched, its exposure can't be set" in said
    assert "Webcam 3" not in said
    assert "3 more in 'autoexposure list'" in said


def test_a_pipeline_is_no_remark_beside_a_webcam(kernel):
    plug_pipeline(kernel)
    webcam = kernel.plug(5)
    assert first_controllable() == f"v4l2:{webcam.path}"
    with open_camera() as camera:
        assert camera.info.spec == f"v4l2:{webcam.path}"
        assert why_chosen(camera) == ""
    with open_camera("v4l2:") as camera:
        assert camera.info.spec == f"v4l2:{webcam.path}"


def test_a_pipeline_that_somebody_set_up_delivers(kernel):
    node = plug_pipeline(kernel, modes={"YUYV": [(64, 48, (30,))]})
    with open_v4l2(str(node.path)) as camera:
        node.deliver()
        assert camera.read(1.0).size_px == (64, 48)


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOLINK, errno.EINVAL])
def test_a_pipeline_that_nobody_set_up_says_the_way_out(kernel, number):
    node = plug_pipeline(kernel, modes={"YUYV": [(64, 48, (30,))]}, fail={"STREAMON": [number]})
    with pytest.raises(CameraNotFound, match="only libcamera can start it"):
        open_v4l2(str(node.path))


def test_a_pipeline_whose_driver_does_not_say_so(kernel):
    node = kernel.plug(on="pci", driver="ipu3-cio2")
    node.fail["STREAMON"] = [errno.EPIPE]
    with pytest.raises(CameraError, match="only libcamera can start it"):
        open_v4l2(str(node.path))


def test_the_colour_camera_wins_over_the_infra_red_one_before_it(kernel):
    infra_red = kernel.plug(0, serial="A")
    infra_red.card, infra_red.modes = "Integrated Camera: Integrated I", {"GREY": [(64, 48, (30,))]}
    colour = kernel.plug(2)
    assert [info.spec for info in list_v4l2()] == [f"v4l2:{colour.path}", f"v4l2:{infra_red.path}"]
    assert "infra-red" in list_v4l2()[1].detail
    assert first_controllable() == f"v4l2:{colour.path}"
    with open_v4l2("") as camera:
        assert camera.info.spec == f"v4l2:{colour.path}"
    kernel.unplug(2)
    assert first_controllable() == f"v4l2:{infra_red.path}", "a grey camera alone is a camera"


def test_a_virtual_camera_is_offered_last_and_never_chosen(kernel):
    virtual = kernel.plug(0, on="", driver="v4l2 loopback", capabilities=CAPTURE | OUTPUT | STREAMING)
    assert first_controllable() is None
    with open_camera() as camera:
        assert camera.info.spec == "sim:"
        assert "can be watched" in why_chosen(camera)
    webcam = kernel.plug(4)
    webcam.values = {}
    assert [info.spec for info in list_v4l2()] == [f"v4l2:{webcam.path}", f"v4l2:{virtual.path}"]
    assert "virtual" in list_v4l2()[1].detail


def test_a_camera_of_undecodable_formats_is_passed_over_and_says_which(kernel):
    h264 = kernel.plug(0)
    h264.modes = {"H264": [(64, 48, (30,))], "HEVC": [(64, 48, (30,))]}
    assert "as H264, HEVC only" in list_v4l2()[0].trouble
    webcam = kernel.plug(1)
    assert first_controllable() == f"v4l2:{webcam.path}"
    with open_v4l2("") as camera:
        assert camera.info.spec == f"v4l2:{webcam.path}"


def test_a_camera_of_several_planes_says_the_way_out(kernel):
    kernel.plug(capabilities=CAPTURE_MPLANE | STREAMING, driver="rk_hdmirx")
    assert "v4l2src" in list_v4l2()[0].trouble


def test_by_name_one_that_names_no_format_but_in_several_planes_says_the_same(kernel):
    kernel.plug(capabilities=CAPTURE_MPLANE | STREAMING, driver="vivid").modes = {}
    with pytest.raises(CameraNotFound, match=r"several planes.*v4l2src"):
        open_v4l2("0")


def test_a_camera_without_streaming_is_passed_over_and_says_so(kernel):
    kernel.plug(0, capabilities=CAPTURE, driver="pwc")
    webcam = kernel.plug(1)
    assert "read() alone" in list_v4l2()[0].trouble
    assert first_controllable() == f"v4l2:{webcam.path}"


def test_a_node_that_fails_while_it_is_asked_costs_itself_alone(kernel):
    kernel.plug(0).fail["QUERYCAP"] = [errno.EIO] * 9
    kernel.plug(1).fail["ENUM_FMT"] = [errno.EIO]
    first, second = list_v4l2()
    assert "can't be opened" in first.trouble
    assert second.trouble == ""


@pytest.mark.parametrize(
    ("on", "number", "kind", "said"),
    [
        ("usb", errno.ENOSPC, CameraBusy, "no bandwidth.*smaller size.*MJPG.*another USB port"),
        ("usb", errno.EPIPE, CameraError, "unplug it"),
        ("usb", errno.EPROTO, CameraError, "another cable"),
        ("pci", errno.EPROTO, CameraError, "close programs"),
        ("usb", errno.ENOMEM, CameraError, "smaller size"),
    ],
)
def test_remedies_fit_the_cause(kernel, on, number, kind, said):
    webcam = kernel.plug(on=on)
    webcam.fail["STREAMON"] = [number]
    with pytest.raises(kind, match=said) as caught:
        open_v4l2("0")
    assert "libcamera" not in str(caught.value)


def test_what_is_no_video_device_is_said(kernel):
    kernel.plug(0).fail["QUERYCAP"] = [errno.ENOTTY] * 2
    with pytest.raises(CameraError, match="is no video device"):
        open_v4l2("0")


def test_who_may_not_open_a_node_is_told_why(kernel, monkeypatch):
    node = str(kernel.plug().path)
    assert "sudo usermod -aG video $USER" in access_remedy(node, errno.EACCES)
    assert "--device=" + node in access_remedy(node, errno.EPERM)
    monkeypatch.setattr("drivers.v4l2.access._group_name", lambda group: "root")
    assert "udev" in access_remedy(node, errno.EACCES)
    monkeypatch.setattr("drivers.v4l2.access._group_name", lambda group: "camera")
    assert "'camera' group" in access_remedy(node, errno.EACCES)
    os.chmod(node, 0o600)
    assert "udev" in access_remedy(node, errno.EACCES)
    monkeypatch.setenv("SNAP", "/snap/an-editor/1")
    assert "udev" in access_remedy(node, errno.EACCES)
    monkeypatch.setenv("SNAP", sys.prefix)
    monkeypatch.setenv("SNAP_INSTANCE_NAME", "studio")
    assert "snap connect studio:camera" in access_remedy(node, errno.EACCES)


def test_inside_a_flatpak_the_remedy_is_its_own(kernel, monkeypatch, tmp_path):
    node = str(kernel.plug().path)
    monkeypatch.setattr("drivers.v4l2.access.FLATPAK", tmp_path)
    assert "flatpak override --user --device=all" in access_remedy(node, errno.EACCES)


def test_what_was_passed_over_is_logged_once(kernel, monkeypatch, caplog):
    monkeypatch.setattr(discovery, "_TOLD", set())
    plug_pipeline(kernel)
    for _ in range(2):
        open_camera().close()
    assert caplog.text.count("A simulated camera is shown") == 1
