# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import builtins
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import NotWanted
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import CONNECTION, Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.query import BadQuery, compile_query


def test_two_specs_are_put_together() -> None:
    both = Spec(options={"a": {"type": "int"}}, lowest={"a": 1}, required_together=[["a", "b"]]) + Spec(
        options={"b": {"type": "int"}}, lowest={"b": 2}, required_together=[["b", "c"]]
    )
    assert set(both.options) == {"a", "b"}
    assert both.lowest == {"a": 1, "b": 2}
    assert both.module_arguments()["required_together"] == [["a", "b"], ["b", "c"]]


@pytest.mark.parametrize(("given", "refused"), [(0, True), (1, False), (2, False), (None, False), (0.5, True)])
def test_numbers_below_the_lowest_are_refused(given: Any, refused: bool) -> None:
    spec = Spec(options={"a": {"type": "float"}}, lowest={"a": 1})
    if not refused:
        spec.check_numbers({"a": given})
        return
    with pytest.raises(NotWanted, match=r"option a: .* is too low a number\. Give 1 or more\."):
        spec.check_numbers({"a": given})


def test_every_secret_option_is_marked_and_every_option_has_its_variable() -> None:
    secret = {name for name, option in CONNECTION.options.items() if option.get("no_log")}
    assert secret == {"service_key", "client_secret", "password", "access_token"}
    for name, option in CONNECTION.options.items():
        assert option["fallback"][1] == [f"SAP_CI_{name.upper()}"]


def test_a_query_is_compiled_once_and_asked_later() -> None:
    query = compile_query("[?a > `1`].a")
    assert query is not None
    assert query([{"a": 1}, {"a": 2}]) == [2]
    assert compile_query(None) is None
    assert compile_query("") is None


@pytest.mark.parametrize("expression", ["[", "a b", "[?a=="])
def test_a_slip_in_a_query_is_found_at_once(expression: str) -> None:
    with pytest.raises(BadQuery, match="JMESPath"):
        compile_query(expression)


def test_a_query_that_does_not_fit() -> None:
    query = compile_query("sum(@)")
    assert query is not None
    with pytest.raises(BadQuery, match="does not fit"):
        query(["a"])


def test_without_jmespath_a_query_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("jmespath"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadQuery, match="pip install jmespath"):
        compile_query("a")
    assert compile_query(None) is None
