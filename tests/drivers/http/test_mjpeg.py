import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.errors import CameraDisconnected
from autoexposure.files.decoding import LARGEST_BODY_BYTES
from drivers.http import mjpeg as mjpeg_stream
from drivers.http.mjpeg import LARGEST_HEAD_BYTES, PartSplitter

# Real bodies hold no boundary; the splitter's job is to find the parts whatever else they hold.
BODIES = st.lists(st.binary(min_size=1, max_size=60).filter(lambda body: b"--X" not in body and b"\n" not in body))


def stream(bodies, lengths, newline=b"\r\n"):
    out = b""
    for body in bodies:
        head = [b"--X", b"Content-Type: image/jpeg"] + [b"Content-Length: %d" % len(body)] * lengths
        out += newline.join(head) + newline * 2 + body + newline
    return out + b"--X"


@settings(deadline=None)
@given(BODIES, st.booleans(), st.integers(1, 50), st.sampled_from([b"\r\n", b"\n"]))
def test_parts_are_found_in_whatever_pieces_they_arrive(bodies, lengths, piece, newline):
    data = stream(bodies, lengths, newline)
    splitter = PartSplitter(b"X")
    found = [body for at in range(0, len(data), piece) for body in splitter.feed(data[at : at + piece])]
    assert found == [body if lengths else body.rstrip(b"\r\n") for body in bodies]


@pytest.mark.parametrize("boundary", [b"X", b'"X"', b"--X"])
def test_spellings_of_the_boundary(boundary):
    assert PartSplitter(boundary).feed(stream([b"one", b"two"], True)) == [b"one", b"two"]


@pytest.mark.parametrize("length", [b"-5", b"many", b"0", b"99999999999", b"9" * 5000])
def test_a_length_that_can_not_be_is_not_used(length):
    data = b"--X\r\nContent-Length: " + length + b"\r\n\r\npicture\r\n--X\r\n\r\nnext\r\n--X"
    assert PartSplitter(b"X").feed(data) == [b"picture", b"next"]


@pytest.mark.parametrize("said", [b"3", b"30"])
def test_after_a_wrong_length_the_stream_is_found_again(said):
    wrong = b"--X\r\nContent-Length: " + said + b"\r\n\r\nelevenbytes\r\n"
    found = PartSplitter(b"X").feed(wrong + stream([b"one", b"two", b"three"], True))
    assert found[-2:] == [b"two", b"three"]


def test_a_part_without_end_is_not_kept():
    splitter = PartSplitter(b"X")
    splitter.feed(b"--X\r\n\r\n")
    with pytest.raises(CameraDisconnected, match="not believed"):
        splitter.feed(b"x" * (LARGEST_BODY_BYTES + 1))


def test_noise_without_a_boundary_is_not_kept():
    splitter = PartSplitter(b"X")
    for _ in range(100):
        splitter.feed(b"noise" * 10_000)
    assert splitter.feed(stream([b"one"], True)) == [b"one"]
    assert len(splitter._buffer) < 100


class Dripping:
    """A stream of which a byte comes now and then."""

    content_type = "multipart/x-mixed-replace; boundary=frame"

    def __init__(self):
        self.closed = threading.Event()

    def receive(self):
        if self.closed.wait(0.01):
            raise CameraDisconnected("hung up")
        return b"x"

    def interrupt(self):
        self.closed.set()

    def close(self):
        self.closed.set()


def test_a_stream_that_drips_is_lost(monkeypatch):
    monkeypatch.setattr(mjpeg_stream, "LONGEST_PICTURE_S", 0.05)
    pictures = mjpeg_stream.MjpegStream("The phone", Dripping, patience_s=0.1)
    with pytest.raises(CameraDisconnected, match="no whole picture"):
        pictures.read(30.0)
    pictures.close()


def test_a_head_without_end_is_passed_over_at_once_and_the_stream_is_found_again():
    splitter = PartSplitter(b"X")
    for _ in range(200):
        assert splitter.feed((b"--X\r\n" + b"header: " * 1000) * 8) == []
    assert len(splitter._buffer) < 2 * LARGEST_HEAD_BYTES
    assert splitter.feed(b"\r\n\r\n" + stream([b"one", b"two"], True))[-1] == b"two"


@given(
    st.lists(st.sampled_from([b"--X", b"\r\n\r\n", b"\n\n", b"Content-Length: 7\r\n", b"\0", b"picture"]), max_size=60)
)
def test_whatever_comes_every_body_is_bytes_of_it(pieces):
    splitter = PartSplitter(b"X")
    found = [body for piece in pieces for body in splitter.feed(piece)]
    assert sum(map(len, found)) <= sum(map(len, pieces))
