"""What is held is what would be answered, and never more than may be."""

from collections import Counter
from dataclasses import replace

from google.protobuf.duration_pb2 import Duration
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import DEFAULT_FIELDS
from enrichment.domain.event import EnrichmentRequest
from enrichment.domain.subject import Hints
from enrichment.rpc.held import HeldAnswers, Prepared, key_of
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.company_pb2 import COMPANY_FIELD_NAME
from rpc.scripted import NOON, SetClock

DOMAINS = ("vidraria.com.br", "padaria.com.br")
REQUEST = EnrichmentRequest(DOMAINS[0], Hints(), DEFAULT_FIELDS, frozenset(Layer), 50_000)
KEYS = st.sampled_from([b"a", b"b", b"c"])


def prepared(domain: str = DOMAINS[0], until: float = NOON + 60, generation: int = 0, size: int = 10) -> Prepared:
    return Prepared(replace(REQUEST, domain=domain), (b"x" * size, b"y"), until, generation)


def held(clock: SetClock, generations: Counter[str], **limits: int) -> HeldAnswers:
    return HeldAnswers(clock, lambda domain: generations[domain], **limits)


def test_an_answer_is_found_until_its_time_is_over() -> None:
    clock = SetClock()
    answers = held(clock, Counter())
    answers.keep(b"a", prepared())
    clock.now = NOON + 59.9
    assert answers.find(b"a") == prepared()
    clock.now = NOON + 60
    assert answers.find(b"a") is None
    assert repr(answers) == "<HeldAnswers 0 answers, 0 bytes>"


def test_an_answer_is_found_until_something_is_learnt_of_its_company() -> None:
    generations = Counter[str]()
    answers = held(SetClock(), generations)
    answers.keep(b"a", prepared())
    generations[DOMAINS[1]] += 1
    assert answers.find(b"a") == prepared()
    generations[DOMAINS[0]] += 1
    assert answers.find(b"a") is None


def test_an_answer_that_was_out_of_date_before_it_was_ready_is_not_held() -> None:
    answers = held(SetClock(), Counter({DOMAINS[0]: 1}))
    answers.keep(b"a", prepared(generation=0))
    answers.keep(b"b", prepared(generation=1, until=NOON))
    assert repr(answers) == "<HeldAnswers 0 answers, 0 bytes>"


def test_the_least_recently_used_makes_room() -> None:
    answers = held(SetClock(), Counter(), max_entries=2)
    for key in (b"a", b"b"):
        answers.keep(key, prepared())
    assert answers.find(b"a")
    answers.keep(b"c", prepared())
    assert answers.find(b"b") is None
    assert answers.find(b"a")
    assert answers.find(b"c")


def test_bytes_are_bounded_and_a_giant_turns_nobody_out() -> None:
    answers = held(SetClock(), Counter(), max_bytes=30)
    answers.keep(b"a", prepared(size=10))
    answers.keep(b"b", prepared(size=100))
    assert answers.find(b"a")
    assert answers.find(b"b") is None
    answers.keep(b"c", prepared(size=20))
    assert answers.find(b"a") is None
    assert repr(answers) == "<HeldAnswers 1 answers, 22 bytes>"


def test_the_key_is_the_whole_request_but_for_its_id() -> None:
    request = pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0, request_id="x")
    assert key_of(request) == key_of(pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0))
    assert request.request_id == "x"
    others = [
        pb.EnrichRequest(website_url="vidraria.com.br"),
        pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=1),
        pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0, wanted_fields=[COMPANY_FIELD_NAME]),
        pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0, include_source_outcomes=True),
        pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0, max_age=Duration()),
    ]
    assert len({key_of(request), *map(key_of, others)}) == 6


class Holding(RuleBasedStateMachine):
    """Against a plain model: whatever happens, only a right answer is ever found, and the bytes are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SetClock()
        self.generations = Counter[str]()
        self.answers = held(self.clock, self.generations, max_entries=2, max_bytes=60)
        self.kept: dict[bytes, Prepared] = {}

    @rule(key=KEYS, domain=st.sampled_from(DOMAINS), lifetime=st.integers(-1, 20), size=st.integers(0, 70))
    def keep(self, key: bytes, domain: str, lifetime: int, size: int) -> None:
        answer = prepared(domain, self.clock.now + lifetime, self.generations[domain], size)
        self.answers.keep(key, answer)
        if lifetime > 0 and size + 2 <= 60:
            self.kept[key] = answer
            assert self.answers.find(key) == answer

    @rule(key=KEYS)
    def find(self, key: bytes) -> None:
        answer = self.answers.find(key)
        if answer is not None:
            assert answer == self.kept[key]
            assert self.clock.now < answer.repeatable_until
            assert self.generations[answer.request.domain] == answer.generation

    @rule(domain=st.sampled_from(DOMAINS))
    def learn(self, domain: str) -> None:
        self.generations[domain] += 1

    @rule(seconds=st.integers(0, 10))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def is_within_its_bounds(self) -> None:
        words = repr(self.answers).split()
        assert int(words[1]) <= 2
        assert 0 <= int(words[3]) <= 60
        assert (words[1] == "0") == (words[3] == "0")


TestHolding = Holding.TestCase
