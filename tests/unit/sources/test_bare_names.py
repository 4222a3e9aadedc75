"""Another organisation is told by a bare name that acts or is called a customer; the company and its things are not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from website.invented_sites import page_of

from enrichment.domain.company import Field
from enrichment.domain.subject import Subject
from enrichment.sandbox import World
from enrichment.sandbox.sites.prose import prose
from enrichment.sources.bare_names import goes_on_about_it, has_stranger_for_subject, is_proper_name
from enrichment.sources.evidence import evidence
from enrichment.sources.quotes import sentences_of
from enrichment.sources.strangers import Names, names_of
from enrichment.sources.website.reading import read

LARCH = Names(frozenset({"larch glass", "larch sohne"}), "larchglass.co.uk")


@pytest.mark.parametrize(
    "sentence",
    [
        "Globex Rockets builds missiles.",
        "The Globex Group is large.",
        "We know that Globex builds missiles.",
        "We temper glass, and Globex makes missiles.",
        "Globex Rockets, a firm of friends, builds missiles.",
        "Unlike Globex Rockets, which sells missiles, we are glassmakers.",
        "Globex & Sons is a friend of Larch Glass.",
        "Our customer Globex likes it.",
        "Our biggest client, Globex, likes it.",
        "Our competitors: Globex and others.",
        "Foguetes Globex fabrica mísseis.",
        "Nosso parceiro Globex gosta.",
        "Cohetes Globex vende misiles.",
        "Nuestro proveedor Globex trabaja bien.",
        "Die Firma Globex Rockets baut Raketen.",
        "Unser Kunde Globex ist zufrieden.",
        "Fusées Globex construit des fusées.",
        "Notre fournisseur Globex travaille bien.",
    ],
)
def test_who_acts_or_is_a_customer_by_name_is_a_stranger(sentence: str) -> None:
    assert has_stranger_for_subject(sentence, LARCH)


@pytest.mark.parametrize(
    "sentence",
    [
        "Larch Glass builds conservatories.",
        "LARCH GLASS is a firm of Sheffield.",
        "Larch builds conservatories.",
        "Larch Pro is our best glass, and Larch makes it.",
        "Welcome to Larch Glass, which makes panes.",
        "Our product Clear Pane offers a view.",
        "Our Tempered Glass is hot.",
        "Glass is our trade.",
        "Everyone builds with glass.",
        "Our team in New York offers advice.",
        "Our office in London is open, and our CRM is too.",
        "Since 1950, IT is part of it.",
        "Our customer Service is good, our clients are happy.",
        "Our customers love what glass is.",
        "Unsere Kunden sind zufrieden, und die Qualität ist hoch.",
        "Moderne Software ist wichtig, denn Glas bietet Licht.",
        "Unsere Beratung bietet mehr.",
        "Nossa Empresa oferece vidro. A Qualidade é alta.",
        "Nuestra Empresa ofrece vidrio.",
        "Notre Entreprise propose du verre.",
        "",
    ],
)
def test_the_company_its_things_and_places_are_none(sentence: str) -> None:
    assert not has_stranger_for_subject(sentence, LARCH)


def test_a_company_that_is_called_by_its_initials_is_no_stranger() -> None:
    assert not has_stranger_for_subject("Blue Harbour Works builds boats.", Names(frozenset(), "bhw.example"))


@pytest.mark.parametrize(
    "sentence",
    [
        # A first word, or two of them in German, looks like any other.
        "Globex builds missiles.",
        "Globex Raketen baut für die Regierung.",
        # Other verbs, and nouns as the sentence's centre.
        "Missiles come from Globex Rockets.",
    ],
)
def test_what_cannot_be_told(sentence: str) -> None:
    assert not has_stranger_for_subject(sentence, LARCH)


@pytest.mark.parametrize(
    ("sentence", "is_so"), [("It builds.", True), ("“Sie bauen.", True), ("We build.", False), ("Items.", False)]
)
def test_a_pronoun_goes_on_about_whom_the_sentence_before_was_about(sentence: str, is_so: bool) -> None:
    assert goes_on_about_it(sentence) is is_so


@pytest.mark.parametrize(
    ("value", "passage"),
    [
        ("Globex", "The reader shall state that the firm is Globex."),
        ("globex rockets", "They say that the firm is called Globex Rockets."),
        ("Globex", "A empresa que todos querem se chama Globex."),
    ],
)
def test_names_are_no_trade(value: str, passage: str) -> None:
    assert is_proper_name(value, [passage], LARCH)


@pytest.mark.parametrize(
    ("value", "passage"),
    [
        ("Glass", "We temper safety glass, and we do like Glass."),
        ("Glass manufacturing", "We are proud that we make Glass."),
        ("Software", "Für kleine Firmen entwickeln wir gute Software."),
        ("Web Design", "Web Design And Development For Small Firms In London"),
        ("Consulting", "Consulting for small firms is what we like."),
        ("IT", "We give small firms help with their IT."),
        ("Larch Glass", "What we are is simply called Larch Glass."),
        ("Rockets", "We temper safety glass."),
        ("", "We temper safety glass."),
    ],
)
def test_words_that_others_write_small_or_that_cannot_be_told_are(value: str, passage: str) -> None:
    assert not is_proper_name(value, [passage], LARCH)


def test_no_sentence_of_the_sandboxs_companies_is_taken_from_them() -> None:
    world = World()
    for number in range(300):
        company = world.company(world.domain(number))
        assert company
        written, label = prose(company), company.industry.label
        known = {Field.NAME: company.facts.name, Field.LEGAL_NAME: company.facts.legal_name}
        names = names_of(Subject(world.domain(number), known={**known}))
        said = (written.offer, written.clients, written.model)
        assert not any(has_stranger_for_subject(sentence, names) for sentence in said), said
        assert not is_proper_name(label, said, names), label


PAGES = Path(__file__).parents[4] / "shared" / "payloads" / "html"


def test_of_real_pages_almost_no_sentence_is_taken_from_the_company() -> None:
    if not PAGES.exists():
        pytest.skip("../shared is not here: no pages to read")
    taken: list[bool] = []
    for path in PAGES.glob("*-home.html"):
        domain = path.name.removesuffix("-home.html")
        reading = read([page_of(path.read_text("utf-8", "replace"), f"https://{domain}/", domain)], domain)
        subject = Subject(
            domain, known={each.field: each.value for each in reading.claims}, documents=reading.documents
        )
        said = [sentence for passage in evidence(subject).passages for sentence in sentences_of(passage)]
        taken += [has_stranger_for_subject(sentence, names_of(subject)) for sentence in said]
    assert len(taken) > 200
    assert sum(taken) / len(taken) < 0.02


@given(st.text(max_size=500), st.text(max_size=60), st.text(max_size=50))
def test_any_text_has_an_answer(text: str, value: str, name: str) -> None:
    names = names_of(Subject("larchglass.co.uk", known={Field.NAME: name}))
    assert has_stranger_for_subject(text, names) in (True, False)
    assert is_proper_name(value, [text, value], names) in (True, False)
