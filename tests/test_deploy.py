"""The examples for operators can be read, and run commands and set variables that there are."""

import shlex
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from enrichment.cli import parser
from enrichment.settings import load

DEPLOY = Path(__file__).parent.parent / "deploy"
STAND_INS = {"IMENSIAH_DATABASE_URL": "postgresql://user@database/imensiah", "IMENSIAH_HARVEST__API_KEY": "k"}


def cronjob() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((DEPLOY / "harvest-cronjob.yaml").read_text("utf-8")))


def test_the_cronjob_never_runs_twice_at_once_and_tries_again_what_broke_off() -> None:
    job = cronjob()
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    work = job["spec"]["jobTemplate"]["spec"]
    assert work["backoffLimit"] > 0
    assert work["template"]["spec"]["restartPolicy"] == "OnFailure"


def test_the_cronjob_runs_a_command_and_sets_variables_that_there_are() -> None:
    [container] = cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    arguments = parser().parse_args([*container["command"][1:], *container["args"]])
    assert (arguments.country, arguments.limit) == ("BR", 10_000)
    settings = load({each["name"]: each.get("value") or STAND_INS[each["name"]] for each in container["env"]})
    assert settings.harvest.max_cost_usd_micros == 20_000_000


def test_the_cronjob_writes_only_where_something_is_mounted() -> None:
    pod = cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def crontab() -> list[str]:
    lines = (DEPLOY / "harvest.cron").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "MAILTO"))]


@pytest.mark.parametrize("line", crontab())
def test_each_line_of_the_crontab_runs_a_command_that_there_is(line: str) -> None:
    *when, user, command = line.split(maxsplit=6)
    assert (len(when), user) == (5, "imensiah")
    words = shlex.split(command.rpartition(";")[2])
    assert words[0] == "imensiah"
    assert parser().parse_args(words[1:]).limit == 10_000
