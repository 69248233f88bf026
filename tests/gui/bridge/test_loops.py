from autoexposure.control.commands import Lock, Pause
from autoexposure.control.snapshot import Snapshot
from gui.bridge.loops import Loops


def test_the_current_loop_is_looked_at_and_commanded(loop):
    one, other = loop, type(loop)(Snapshot(turn=2))
    loops = Loops(one, other)
    loops.send(Lock(True))
    loops.turn_to(1)
    loops.send(Pause(True))
    loops.send_to_all(Lock(False))
    assert loops.latest() is other.snapshot
    assert one.sent == [Lock(True), Lock(False)]
    assert other.sent == [Pause(True), Lock(False)]


def test_a_sink_stays_with_the_loop_it_was_given_to(loop):
    one, other = loop, type(loop)()
    loops = Loops(one, other)
    seen = []
    loops.add_sink(seen.append)
    loops.turn_to(1)
    assert (len(one.sinks), other.sinks) == (1, [])
    loops.remove_sink(seen.append)
    loops.remove_sink(seen.append)
    assert one.sinks == other.sinks == []
