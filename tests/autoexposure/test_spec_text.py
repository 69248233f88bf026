import io
import logging
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers.discovery  # noqa: F401 - says which families name files
from autoexposure.cli.main import main
from autoexposure.errors import CameraNotFound, ConfigError
from autoexposure.spec_text import QuietStream, quiet, quiet_errors, quiet_stderr, shown

SECRET = "ge/h@e:im"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (f"onvif:anna:{SECRET}@192.168.1.30:8000", "onvif:...@192.168.1.30:8000"),
        (f"ipwebcam:https://anna:{SECRET}@h,fingerprint=1", "ipwebcam:https://...@h,fingerprint=1"),
        (f"controls:onvif:anna:{SECRET}@h", "controls:onvif:...@h"),
        (f"controls:onvif:http://anna:{SECRET}@h", "controls:onvif:http://...@h"),
        (f"rtsp://anna:{SECRET}@h/stream", "rtsp://...@h/stream"),
        (f"anna:{SECRET}@h", "anna:...@h"),
        (f"/x/anna:{SECRET}@h", "...@h"),
        (f"http://h/video?user=anna&pwd={SECRET}", "http://..."),
        ("http://anna:gehe?im@h", "http://..."),
        ("http://h/video?user=anna&pwd=geheim", "http://h/video?..."),
        ("http://:geheim@h", "http://...@h"),
        ("http://h/video#pwd=geheim", "http://h/video#..."),
        ("http://h/video.cgi;user=anna;loginpas=geheim", "http://h/video.cgi;user=anna;loginpas=..."),
        ("rtsp://h:554/user=anna_password=geheim_channel=1.sdp", "rtsp://h:554/user=anna_password=..."),
        ("opencv:rtsp://h/user=anna&Passwd=geheim&channel=1", "opencv:rtsp://h/user=anna&Passwd=..."),
        ("ipwebcam:h,password=geheim", "ipwebcam:h,password=..."),
        ("sim:scene=http://anna:geheim@h/x.jpg", "sim:scene=http://...@h/x.jpg"),
        *(
            (plain, plain)
            for plain in (
                *("", "sim:", "/dev/video0", "v4l2:/dev/video0,size=1x1", "onvif:192.168.1.30:80", "http://[::1]:80/x"),
                *("replay:/home/anna/tea@4.tar", "sim:scene=/pictures/a@b.jpg", "phone:host=1.2.3.4,port=9", "a@b"),
                *("replay:C:\\tea@4.tar", "replay:/tea/pass=4.tar"),
            )
        ),
    ],
)
def test_a_specification_is_shown_without_its_login(spec: str, text: str) -> None:
    assert shown(spec) == text
    assert shown(text) == text


WORD = st.text(st.characters(codec="ascii", exclude_characters="/:@,?#%", exclude_categories=["C", "Z"]), min_size=1)


@given(
    family=st.sampled_from(
        ["onvif:", "ipwebcam:http://", "droidcam:https://", "controls:onvif:", "rtsp://", "plugin:"]
    ),
    user=WORD,
    password=st.text(st.characters(exclude_categories=["Cs"]), min_size=6),
)
def test_no_password_is_shown_or_repeated(family: str, user: str, password: str) -> None:
    password = f"geheim{password}"
    spec = f"{family}{user}:{password}@host:80"
    assert shown(spec) in (f"{family}...@host:80", f"{family}...")
    for said in (f"can't open {spec!s}, no", f"no {user}:{password}", f"{password} is wrong"):
        assert password not in quiet(said, spec)


@pytest.mark.parametrize(
    "spec",
    [
        "rtsp://h/user=anna_password=geheim_channel=1.sdp",
        "http://h/video.cgi;loginpas=geheim;x=1",
        "ipwebcam:h,password=geheim",
        "http://h/video#geheim",
        "sim:scene=http://anna:geheim@h/x.jpg",
    ],
)
def test_a_password_by_its_name_is_not_repeated_either(spec: str) -> None:
    _, _, rest = spec.partition(":")
    for said in (f"can't open {spec}", f"given {rest!r}", f"no {spec.rpartition('/')[2]}", "'geheim' is wrong"):
        assert "geheim" not in quiet(said, spec)


def test_a_password_is_found_in_other_spellings_too() -> None:
    spec = "onvif:anna:ge%40heim@host"
    assert quiet("tried ge@heim and ge%40heim at host", spec) == "tried ... and ... at host"


def test_what_is_raised_says_no_secret_and_stays_what_it_is() -> None:
    with pytest.raises(CameraNotFound, match=r"^nobody at onvif:\.\.\.@h$") as caught, quiet_errors("onvif:a:geheim@h"):
        raise CameraNotFound("nobody at onvif:a:geheim@h")
    assert caught.value.args == ("nobody at onvif:...@h",)
    with pytest.raises(ValueError, match=r"port '\.\.\.'"), quiet_errors("onvif:a:geheim@h"):
        raise ValueError("port 'geheim'", 5)
    with pytest.raises(ConfigError, match=r"^as it was$"), quiet_errors("onvif:a:geheim@h"):
        raise ConfigError("as it was")


def test_standard_error_keeps_quiet_and_stays_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    under = io.StringIO()
    monkeypatch.setattr(sys, "stderr", under)
    with quiet_stderr(["run", "--camera=onvif:anna:geheim@h"]):
        sys.stderr.write("geheim, anna:geheim\n")
        logging.StreamHandler().emit(logging.LogRecord("x", 30, "", 0, "opening %s", ("onvif:anna:geheim@h",), None))
        sys.stderr.writelines(["a geheim", "\n"])
        assert isinstance(sys.stderr, QuietStream)
        assert not sys.stderr.isatty()
    assert under.getvalue() == "..., ...\nopening onvif:...@h\na ...\n"
    assert sys.stderr is under
    with quiet_stderr(["run", "--camera", "sim:"]):
        assert sys.stderr is under


@pytest.mark.parametrize("verbose", [(), ("--verbose",)])
@pytest.mark.parametrize(
    "words",
    [
        *(
            ("run", "--camera", spec)
            for spec in (
                *(
                    "http://anna:geheim@127.0.0.1:9/x",
                    "anna:geheim@127.0.0.1",
                    "v4l2:anna:geheim@x",
                    "phone:a:geheim@x",
                ),
                *("onvif:anna:geheim@:9", "ipwebcam:anna:geheim", "ipwebcam:ftp://a:geheim@h", "sim:anna:geheim@x"),
                *("replay:http://anna:geheim@x", "controls:http://anna:geheim@127.0.0.1:9", "picamera2:anna:geheim@x"),
                *("ipwebcam:anna:geheim@127.0.0.1:9", "droidcam:https://anna:geheim@127.0.0.1:9"),
            )
        ),
        ("run", "--camera", "sim:", "--meter-from", "anna:geheim@host"),
        ("run", "--camera", "nope:", "--meter-from", "http://127.0.0.1:9/x?user=anna&password=geheim"),
        ("run", "--camera", "nope:", "--meter-from", "rtsp://anna:geheim@127.0.0.1:9/x"),
        ("run", "onvif:anna:geheim@127.0.0.1"),
        ("onvif:anna:geheim@127.0.0.1",),
        ("probe", "http://anna:geheim@127.0.0.1:9"),
    ],
)
def test_no_command_repeats_a_password(
    words: tuple[str, ...],
    verbose: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setattr(sys, "argv", ["autoexposure", *verbose, *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code in (1, 2)
    said = "".join(capfd.readouterr())
    assert said
    assert "geheim" not in said
