# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twice in check mode, twice for real: what convergence means, proved in one place for every resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["prove_convergence"]

# Keys of a result that Ansible adds or that are there on some calls only.
_AROUND = {"invocation", "warnings"}


def prove_convergence(
    tenant: LocalTenant,
    module: str,
    noun: str,
    options: Mapping[str, Any],
    *,
    look: Callable[[], Any],
    unchanged: int = 2,
    changed: int = 4,
    connections: int = 1,
) -> Call:
    """Check, real, check, real: changed, changed, unchanged, unchanged; each call seen from the tenant's side.

    :param look: the state by another eye than the module's.
    :param unchanged: most requests beyond the token of a call that changes nothing.
    :param changed: the same of the one that does.
    :param connections: most connections of a call to the API.
    :return: the call that changed something.
    """
    before = look()
    predicted = _reading(tenant, module, options)
    assert look() == before, "check mode changed something"
    real = call(tenant, module, options)
    assert not real.result.get("failed"), real.result["msg"]
    after = look()
    assert after != before, "nothing changed"
    checked_again = _reading(tenant, module, options)
    again = _reading(tenant, module, options, check=False)
    assert look() == after, "the second run changed something"

    calls = [predicted, real, checked_again, again]
    assert [one.result.get("msg") for one in calls] == [None] * 4
    assert [one.result["changed"] for one in calls] == [True, True, False, False]
    assert [one.writes for one in calls if one is not real] == [[], [], []]
    assert real.writes
    assert len({tuple(sorted(set(one.result) - _AROUND)) for one in calls}) == 1, "the shape of the result differs"
    for name in ("diff", "actions", "reason", *({"warnings"} & set(real.result))):
        assert predicted.result[name] == real.result[name], name
        assert checked_again.result.get(name) == again.result.get(name), name
    assert checked_again.result["actions"] == []
    assert checked_again.result["diff"]["before"] == checked_again.result["diff"]["after"]
    assert _shape(predicted.result[noun]) == _shape(real.result[noun]) == _shape(again.result[noun])
    assert again.result[noun] == checked_again.result[noun] == real.result[noun], "what was read back differs"
    _assert_came_true(real.result["diff"]["after"], real.result[noun])
    for one, budget in zip(calls, [unchanged, changed, unchanged, unchanged], strict=True):
        assert one.tokens == 1
        assert one.connections["token"] == 1
        assert one.connections["api"] <= connections
        assert len(one.requests) <= budget, one.requests
    return real


def _reading(tenant: LocalTenant, module: str, options: Mapping[str, Any], *, check: bool = True) -> Call:
    """A call during which any write would be refused and remembered."""
    tenant.read_only = True
    try:
        return call(tenant, module, options, check=check)
    finally:
        tenant.read_only = False
        assert tenant.violations == []


def _shape(resource: Any) -> Any:
    if isinstance(resource, Mapping):
        return sorted(resource)
    return [_shape(one) for one in resource] if isinstance(resource, list) else None


def _assert_came_true(promised: Mapping[str, Any], resource: Any) -> None:
    """What the diff promised is what was read back, in everything that the plan could know."""
    if isinstance(resource, list):
        resource = {one["id"]: one for one in resource}
    for key, value in promised.items():
        if isinstance(value, Mapping):
            _assert_came_true({name: one for name, one in value.items() if one is not None}, resource[key])
        else:
            assert resource[key] == value, key
