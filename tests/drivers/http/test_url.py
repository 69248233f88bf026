import pytest

from autoexposure.errors import ConfigError
from drivers.http.url import parse_device_url


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("rest", "shown"),
    [
        ("192.168.1.20", "http://192.168.1.20:8080"),
        ("phone.local:81", "http://phone.local:81"),
        (" https://phone.local/ ", "https://phone.local:8080"),
        ("http://[fe80::1]:81", "http://[fe80::1]:81"),
        ("user:pw@phone", "http://phone:8080"),
    ],
)
def test_addresses(rest, shown):
    assert str(parse_device_url(rest, "ipwebcam", 8080)) == shown


@pytest.mark.parametrize(
    ("userinfo", "user", "password"),
    [
        ("user:pw", "user", "pw"),
        ("user", "user", ""),
        ("user:p:w", "user", "p:w"),
        ("user:p@w", "user", "p@w"),
        ("user:p/w,x", "user", "p/w,x"),
        ("us%40er:p%3Aw", "us@er", "p:w"),
    ],
)
def test_logins(userinfo, user, password):
    url = parse_device_url(f"http://{userinfo}@phone:81", "ipwebcam", 8080)
    assert (url.user, url.password, url.host, url.port) == (user, password, "phone", 81)


def test_what_is_shown_holds_no_login():
    url = parse_device_url("http://user:SeCrEt@phone:81", "ipwebcam", 8080)
    assert "SeCrEt" not in f"{url} {url!r} {url.authority}"
    assert "user" not in f"{url} {url!r}"


def test_options():
    url = parse_device_url("phone,shutter=ns,compensation_ev=2", "droidcam", 4747, ("shutter", "compensation_ev"))
    assert url.options == {"shutter": "ns", "compensation_ev": "2"}
    assert url.options_text == ",shutter=ns,compensation_ev=2"


@pytest.mark.parametrize(
    "rest",
    ["", "http://", "ftp://user:SeCrEt@phone", "user:SeCrEt@phone:port", "user:SeCrEt@", "user:SeCrEt@phone:99999"],
)
def test_an_address_that_is_none_is_refused_without_its_password(rest):
    with pytest.raises(ConfigError, match=r"named like ipwebcam:http://192\.168\.1\.20:8080") as refused:
        parse_device_url(rest, "ipwebcam", 8080)
    assert "SeCrEt" not in str(refused.value)


@pytest.mark.parametrize("option", ["zoom=3", "shutter", "shutter="])
def test_an_unknown_option_is_refused(option):
    with pytest.raises(ConfigError, match="has the options shutter="):
        parse_device_url(f"phone,{option}", "droidcam", 4747, ("shutter",))
    with pytest.raises(ConfigError, match="has no options"):
        parse_device_url(f"phone,{option}", "droidcam", 4747)


def test_a_login_from_netrc_is_for_that_host_only(home):
    (home / ".netrc").write_text("machine phone login user password pw\ndefault login other password no\n")
    (home / ".netrc").chmod(0o600)
    assert parse_device_url("phone", "ipwebcam", 8080).password == "pw"
    assert parse_device_url("another", "ipwebcam", 8080).user == ""
    assert parse_device_url("me:mine@phone", "ipwebcam", 8080).password == "mine"


def test_a_broken_netrc_is_left_alone(home, caplog):
    (home / ".netrc").write_text("machine phone SeCrEt\n")
    assert parse_device_url("phone", "ipwebcam", 8080).user == ""
    assert "left alone" in caplog.text
    assert "SeCrEt" not in caplog.text
