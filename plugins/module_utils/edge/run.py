# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of a module from its options to its result.

The only reader of check mode, the only caller of ``fail_json``, the only place that turns exceptions into messages.
A module hands in pure functions and never sees ``AnsibleModule``.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from ansible.module_utils.basic import AnsibleModule

from ..clock import SystemClock
from ..decisions.plan import Plan
from ..problem import Problem
from ..tenant.credentials import Credentials, read_credentials
from ..tenant.errors import OutcomeUnknown
from ..tenant.session import Tenant, open_tenant
from .arguments import CONNECTION, Spec
from .carry_out import carry_out
from .censoring import is_path, open_and_secret_values
from .flow_states import FlowsFailed

__all__ = ["ask", "ask_without_tenant", "converge", "converge_without_tenant"]

Wanted = TypeVar("Wanted")
Seen = TypeVar("Seen")

# The plan that came true, or would in check mode, and the resource as it is then.
_Result: TypeAlias = "tuple[Plan, Mapping[str, Any] | None]"


def converge(
    spec: Spec,
    *,
    noun: str,
    prepare: Callable[[dict[str, Any]], Wanted],
    read: Callable[[Tenant, Wanted], Seen],
    decide: Callable[[Wanted, Seen], Plan],
    show: Callable[[Mapping[str, Any]], Any] = dict,
    read_back: Callable[[Tenant, Wanted, Seen], Seen] | None = None,
) -> None:
    """Bring the tenant from what is seen to what is wanted, and prove it by reading again.

    :param noun: the key of the result under which the resource is returned.
    :param prepare: options to what is wanted, offline: whatever it refuses costs no request.
    :param read: asks the tenant; called again after the writes.
    :param decide: pure. Deciding again on what was read back must leave nothing to do; else the call fails.
    :param show: how the resource of a plan is returned.
    :param read_back: reads after the writes instead of ``read``, when less has to be asked then; gets what was seen.
    """
    module = _module(CONNECTION + spec)
    with _problems_of(module):
        credentials = _credentials(module)
        wanted = prepare(module.params)
        with _tenant(module, credentials) as tenant:
            seen = read(tenant, wanted)

            def decide_again() -> Plan:
                return decide(wanted, read_back(tenant, wanted, seen) if read_back else read(tenant, wanted))

            result = _carried_out(module, decide(wanted, seen), partial(carry_out, tenant), decide_again)
        _exit(module, noun, show, result)


def converge_without_tenant(
    spec: Spec,
    *,
    noun: str,
    prepare: Callable[[dict[str, Any]], Wanted],
    read: Callable[[Wanted], Seen],
    decide: Callable[[Wanted, Seen], Plan],
    write: Callable[[Any], None],
) -> None:
    """The same for something on the controller.

    :param write: carries out one step.
    """
    module = _module(spec)
    with _problems_of(module):
        wanted = prepare(module.params)
        plan = decide(wanted, read(wanted))
        result = _carried_out(module, plan, write, lambda: decide(wanted, read(wanted)))
        _exit(module, noun, dict, result)


def ask(
    spec: Spec, *, prepare: Callable[[dict[str, Any]], Wanted], answer: Callable[[Tenant, Wanted], Mapping[str, Any]]
) -> None:
    """Read from the tenant and change nothing."""
    module = _module(CONNECTION + spec)
    with _problems_of(module):
        credentials = _credentials(module)
        wanted = prepare(module.params)
        with _tenant(module, credentials) as tenant:
            module.exit_json(changed=False, **answer(tenant, wanted))


def ask_without_tenant(spec: Spec, *, answer: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Read from somewhere else than a tenant and change nothing."""
    module = _module(spec)
    with _problems_of(module):
        module.exit_json(changed=False, **answer(module.params))


def _carried_out(
    module: AnsibleModule, plan: Plan, write: Callable[[Any], None], decide_again: Callable[[], Plan]
) -> _Result:
    for warning in plan.warnings:
        module.warn(warning)
    if not plan.changed or module.check_mode:
        return plan, plan.after
    return _write(plan, write, decide_again)


def _exit(
    module: AnsibleModule,
    noun: str,
    show: Callable[[Mapping[str, Any]], Any],
    result: _Result,
) -> None:
    plan, resource = result
    module.exit_json(
        changed=plan.changed,
        actions=plan.actions,
        reason=plan.reason,
        diff=plan.diff,
        **plan.details,
        **{noun: None if resource is None else show(resource)},
    )


def _write(plan: Plan, write: Callable[[Any], None], decide_again: Callable[[], Plan]) -> _Result:
    """Carry out the plan; what counts is what is read back, not what the tenant answered."""
    problem: Problem | None = None
    done = 0
    for step in plan.steps:
        try:
            write(step)
        except Problem as raised:
            problem = raised
            break
        done += 1
    left = _what_is_left(decide_again, problem)
    if not left.changed:
        # A lost answer to a write that took effect is a change of ours. A refusal of the first write although the
        # tenant is as wanted means that somebody else was faster: nothing of it is ours.
        ours = problem is None or isinstance(problem, OutcomeUnknown) or _accepted(problem) or done > 0
        return plan if ours else left, left.after
    if problem is None:
        raise Problem(
            "the tenant accepted every write, but reading it again shows that this is left to do: "
            + "; ".join(left.actions),
            remedy="Somebody may have changed it at the same moment: run again",
        )
    under_way = _accepted(problem)
    raise _with_state(
        problem,
        f"The tenant accepted to deploy {', '.join(under_way)}, which may still come to its end"
        if under_way
        else plan.state_after(left, done),
    )


def _accepted(problem: Problem) -> tuple[str, ...]:
    return problem.accepted if isinstance(problem, FlowsFailed) else ()


def _what_is_left(decide_again: Callable[[], Plan], problem: Problem | None) -> Plan:
    try:
        return decide_again()
    except Problem as second:
        if problem is None:
            raise Problem(
                "the writes were accepted, but the tenant could not be read again to prove it",
                said=str(second),
                remedy="Run again",
            ) from second
        raise _with_state(
            problem, f"Whether anything was changed is not known, because reading again failed too ({second.what})"
        ) from second


def _with_state(problem: Problem, state: str) -> Problem:
    """The same problem, its remedy led by what became of the tenant."""
    problem.remedy = f"{state}. {problem.remedy}" if problem.remedy else state
    return problem


def _module(spec: Spec) -> AnsibleModule:
    module = AnsibleModule(supports_check_mode=True, **spec.module_arguments())
    with _problems_of(module):
        spec.check_numbers(module.params)
    return module


def _tenant(module: AnsibleModule, credentials: Credentials) -> Tenant:
    params = module.params
    return open_tenant(
        credentials,
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        timeout=params["timeout"],
        lock_timeout=params["lock_timeout"],
        clock=SystemClock(),
    )


def _credentials(module: AnsibleModule) -> Credentials:
    """The credentials, with their secret parts, and only these, registered for censoring."""
    service_key = module.params.get("service_key")
    if is_path(service_key):
        module.no_log_values.discard(service_key)
    credentials = read_credentials(module.params)
    public, secret = open_and_secret_values(service_key, credentials)
    module.no_log_values.difference_update(public)
    module.no_log_values.update(secret)
    return credentials


class _problems_of(AbstractContextManager[None]):
    """Ends the module with a sentence instead of a traceback."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Problem):
            self._module.fail_json(msg=str(error), problem=error.to_result())
        elif isinstance(error, Exception):
            self._module.fail_json(
                msg=f"This is a defect of the collection, please report it: "
                f"{type(error).__name__} in {_innermost(error)}",
                exception="".join(traceback.format_tb(error.__traceback__)),
            )


def _innermost(error: Exception) -> str:
    """File and line of the defect. The text of an unforeseen exception may quote anything, so it is never shown."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "an unknown place"
