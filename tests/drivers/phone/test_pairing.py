import pytest

from autoexposure.clock import SimulatedClock
from drivers.phone.pairing.codes import Pairing, PairingConfig, PairingRefused, TooManyTries


@pytest.fixture
def clock():
    return SimulatedClock()


@pytest.fixture
def pairing(clock):
    return Pairing(clock=clock)


def test_a_secret_becomes_a_token_once(pairing):
    secret = pairing.secret().text
    token = pairing.redeem(secret, "a")
    assert pairing.knows(token)
    with pytest.raises(PairingRefused):
        pairing.redeem(secret, "a")


def test_the_same_secret_is_shown_until_it_is_used_or_expires(pairing, clock):
    first = pairing.secret()
    clock.sleep(299)
    assert pairing.secret() == first
    clock.sleep(1)
    assert pairing.secret() != first


def test_an_expired_secret_is_refused_although_nobody_asked_for_a_new_one(pairing, clock):
    secret = pairing.secret().text
    clock.sleep(pairing.config.secret_lifetime_s)
    with pytest.raises(PairingRefused):
        pairing.redeem(secret, "a")


@pytest.mark.parametrize("wrong", ["", "x", "é" * 30])
def test_wrong_secrets_are_refused_before_and_after_one_was_offered(pairing, wrong):
    with pytest.raises(PairingRefused):
        pairing.redeem(wrong, "a")
    right = pairing.secret().text
    with pytest.raises(PairingRefused):
        pairing.redeem(wrong or right[:-1], "a")
    assert pairing.redeem(right, "a")


def test_wrong_used_and_expired_sound_alike(pairing, clock):
    sentences = set()
    used = pairing.secret().text
    pairing.redeem(used, "a")
    expired = pairing.secret().text
    clock.sleep(1000)
    for secret in (used, expired, "wrong"):
        with pytest.raises(PairingRefused) as refusal:
            pairing.redeem(secret, "a")
        sentences.add(str(refusal.value))
    assert len(sentences) == 1


def test_guessing_is_slowed_for_the_guesser_alone(pairing, clock):
    secret = pairing.secret().text
    for _ in range(pairing.config.tries_per_minute):
        with pytest.raises(PairingRefused):
            pairing.redeem("guess", "guesser")
    with pytest.raises(TooManyTries):
        pairing.redeem(secret, "guesser")
    assert pairing.redeem(secret, "owner")
    clock.sleep(60)
    assert pairing.redeem(pairing.secret().text, "guesser")


def test_many_addresses_do_not_fill_the_memory(pairing):
    for number in range(2 * pairing.config.addresses_remembered):
        with pytest.raises(PairingRefused):
            pairing.redeem("guess", str(number))
    assert len(pairing._tries) == pairing.config.addresses_remembered


def test_a_new_phone_ends_the_token_of_the_last(pairing):
    first = pairing.redeem(pairing.secret().text, "a")
    second = pairing.redeem(pairing.secret().text, "b")
    assert not pairing.knows(first)
    assert pairing.knows(second)


def test_a_token_lives_while_it_is_used(clock):
    pairing = Pairing(PairingConfig(token_lifetime_s=100), clock)
    token = pairing.redeem(pairing.secret().text, "a")
    for _ in range(3):
        clock.sleep(99)
        assert pairing.knows(token)
    clock.sleep(100)
    assert not pairing.knows(token)


@pytest.mark.parametrize("token", ["", "x"])
def test_no_token_is_known_before_a_phone_was_paired(pairing, token):
    assert not pairing.knows(token)


def test_a_secret_does_not_show_itself(pairing):
    secret = pairing.secret()
    assert secret.text not in repr(secret)
