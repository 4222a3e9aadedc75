"""Pages as they are taken apart: the same as a browser would see, and never slow or large."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sources.website.markup import MOST_SCRIPTS, MOST_TOKENS, Markup, parsed


def nodes(markup: Markup) -> int:
    return len(markup.tree.css("*"))


def text(html: str) -> str:
    body = parsed(html).tree.body
    return body.text() if body else ""


def test_tags_attributes_and_text_are_kept() -> None:
    tree = parsed("<div CLASS='a b' data-x=1 hidden><a href=/x?y=1>Vidro &amp; luz</a></div>").tree
    div = tree.css_first("div.a")
    assert div is not None
    assert div.attributes == {"class": "a b", "data-x": "1", "hidden": None}
    assert tree.css_first("a[href='/x?y=1']") is not None
    assert div.text() == "Vidro & luz"


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("a<b>b</b>c<i class='x'>d</i>", "abcd"),
        ("a<!-- b -->c", "ac"),
        ("a<!-->c", "ac"),
        ("a<!--[if IE]><p>b</p><![endif]-->c", "ac"),
        ("a<!-- b", "a"),
        ("a<style>p{content:'<p>b'}</style>c", "ac"),
        ("a<script>if (1 < 2) document.write('<p>b</p>')</script>c", "ac"),
        ("a<svg><title>b</title><text>b</text></svg>c", "ac"),
        ("a<svg class=icon />c", "ac"),
        ("a<textarea><b>b</textarea>c", "ac"),
        ("a<select><option>b</select>c", "ac"),
        ("a<template><p>b</p></template>c", "ac"),
        ("a<noscript><span>b</span></noscript>c", "abc"),
        ("a<?php echo 1 ?>c", "ac"),
        ("<!DOCTYPE html>a", "a"),
        ("a<![CDATA[b]]>c", "ac"),
        ("1 < 2 &lt; 3", "1  2 < 3"),
        # In Unicode these are an s and a k of another case; a tag begins with a letter of ASCII.
        ("a<\u017fcript>b", "a\u017fcript>b"),
        ("<lin\u212a>a</lin\u212a>", "a"),
        ("a<>c", "a>c"),
        ("a</>c", "ac"),
        ("<p title='a > b'>c", "c"),
        ('<p title="1 < 2">c', "c"),
        ("<a href=a=b?c>c</a>", "c"),
        ("a\0c", "ac"),
    ],
)
def test_what_is_not_shown_is_dropped_and_what_is_shown_stays(html: str, seen: str) -> None:
    assert text(html) == seen


@pytest.mark.parametrize(
    "html",
    ['<a href==\' ="<br><textarea>x\' ="</svg><p><math>-<a href==">x<font>', "<svg\n]<a href==='<math><iframe>'"],
)
def test_no_trick_with_quotes_lets_a_tag_through_that_is_dropped(html: str) -> None:
    assert not parsed(html).tree.css("textarea, math, font, iframe, svg")


def test_scripts_and_the_first_title_are_set_aside() -> None:
    markup = parsed(
        """<head><title>Vidraria &amp; Cia</title><script src="/a.js" async></script>
        <script type="application/ld+json">{"a": "</b>"}</script></head><svg><title>icon</title></svg>"""
    )
    assert markup.title == "Vidraria &amp; Cia"
    assert [script.content for script in markup.scripts] == ["", '{"a": "</b>"}']
    assert 'src="/a.js"' in markup.scripts[0].attributes
    assert not markup.tree.css("script, title, svg")


def test_a_script_without_an_end_swallows_the_rest() -> None:
    markup = parsed("<p>a</p><script>var x = '<p>b</p>'")
    assert len(markup.tree.css("p")) == 1
    assert markup.scripts[0].content == "var x = '<p>b</p>'"


def test_of_a_page_with_too_many_tags_both_ends_are_kept() -> None:
    tree = parsed("<header>first</header>" + "<p>x</p>" * 50_000 + "<footer>last</footer>").tree
    assert tree.css_first("header") is not None
    assert tree.css_first("footer") is not None
    assert len(tree.css("p")) < MOST_TOKENS


def test_many_scripts_are_not_all_kept() -> None:
    assert len(parsed("<script>1</script>" * 2_000).scripts) == MOST_SCRIPTS


FORMATTING = "".join(f"<font color={number}>" for number in range(5_000))
# What makes lexbor alone quadratic in time, memory or both.
HOSTILE = {
    "formatting that is opened anew in every paragraph": f"<p>{FORMATTING}" + "<p>x" * 20_000,
    "formatting in every block": f"<div>{FORMATTING}</div>" + "<div>x</div>" * 20_000,
    "formatting closed where it does not count": "<font a=1><table><td></font></table>" * 5_000 + "<p>x" * 5_000,
    "blocks within blocks": "<div>" * 200_000,
    "lists within lists": "<ul><li>" * 100_000,
    "tables within tables": "<table><tr><td>" * 60_000,
    "anchors within cells": "<a href=x><table><td>" * 50_000,
    "end tags that end nothing": "<span>" * 50_000 + "</i></p></div>" * 50_000,
    "one tag with many attributes": "<div " + " ".join(f"a{number}" for number in range(150_000)) + ">",
    "attributes behind a quote that is none": '<div =">' + "<p " + " ".join(f"a{n}=1" for n in range(90_000)) + ' ">',
    "attributes behind a doubled sign": "<a href==' b=\"<p " + " ".join(f"a{n}" for n in range(90_000)) + " '>\">",
    "attributes behind quoted brackets": "<p " + " ".join(f'a{n}=">"' for n in range(60_000)) + ">",
    "attributes behind a script": '<script><p a="</script><q b="><p ' + " ".join(f"a{n}" for n in range(90_000)) + '">',
    "tags that never end": "<a " * 500_000,
    "values that never end": "<a x=" * 300_000,
    "quotes that never end": "<a x=\"<a y='" * 100_000,
    "brackets": "<" * 500_000,
    "attributes of the body": "".join(f"<body a{number}=1>" for number in range(50_000)),
    "drawings that never end": "<svg>" * 200_000,
    "comments that never end": "<!--" * 300_000,
    "ampersands": "&amp" * 400_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_page_becomes_larger_than_it_is(html: str) -> None:
    markup = parsed(html)
    # A cell brings its table's body and row with it.
    assert nodes(markup) <= 4 * MOST_TOKENS
    assert all(len(node.attributes) <= 70 for node in markup.tree.css("*:not(body)"))


PIECES = (
    *"<>/!-='\" ax\n&;",
    "<script",
    "</script>",
    "<svg>",
    "</svg>",
    "<title>",
    "<p>",
    "<!--",
    "-->",
    "<a href=",
    "<td>",
)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_text_is_a_page(html: str) -> None:
    markup = parsed(html)
    assert nodes(markup) <= 4 * len(html) + 10
    assert not markup.tree.css("script, style, svg, title, textarea, select, font, b")
