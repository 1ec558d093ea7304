"""Where vaults answer: each under its own host name, and in Resource Manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard.local.cloud.arm.front import HOSTS as MANAGEMENT
from modelyard.local.cloud.arm.front import Answer, guarded
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.urls import GROUPS, ONE
from modelyard.local.cloud.keyvault.access import Access
from modelyard.local.cloud.keyvault.management import ManagementResponses
from modelyard.local.cloud.keyvault.own import OwnResponses
from modelyard.local.cloud.keyvault.responses import SecretResponses
from modelyard.local.cloud.keyvault.secrets import Secrets
from modelyard.local.cloud.keyvault.vaults import DOMAIN, FIRST, KIND, Vaults, address
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

HOSTS = f"*.{DOMAIN}"
_ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
ASSIGNMENTS = f"/<path:scope>/{_ASSIGNMENTS}"


class KeyVaultService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "keyvault"

    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._tokens = Tokens(cloud)
        self._subscription = Subscription(cloud)
        self.vaults = Vaults(cloud)
        self.secrets = Secrets(cloud)
        self.access = Access(cloud)

    def routes(self) -> Sequence[Route]:
        return [*self._vault(), *self._management(), *self._own()]

    def start(self) -> None:
        if self._store.get("settings", self.name) is None:
            self.access.begin()
            self.vaults.make(FIRST)
            self._store.put("settings", self.name, {"begun": True})

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        for part in (self.vaults, self.secrets, self.access):
            part.reset()
        self._store.delete("settings", self.name)
        self.start()

    def status(self) -> Mapping[str, Any]:
        vaults = self.vaults.all()
        return {
            "vaults": ", ".join(vault["name"] for vault in vaults),
            "address": address(FIRST),
            "secrets": sum(len(self.secrets.current(vault)) for vault in vaults),
        }

    def _vault(self) -> Iterator[Route]:
        answers = SecretResponses(self.vaults, self.secrets, self.access, self._tokens)
        one, gone = "/secrets/<name>", "/deletedsecrets/<name>"
        table = (
            ("GET", "/secrets", "list", answers.list),
            ("PUT", one, "set", answers.set),
            ("GET", one, "get", answers.get),
            ("PATCH", one, "set", answers.change),
            ("DELETE", one, "delete", answers.delete),
            ("GET", f"{one}/versions", "list", answers.versions),
            ("GET", f"{one}/<version>", "get", answers.get),
            ("PATCH", f"{one}/<version>", "set", answers.change),
            ("GET", "/deletedsecrets", "list", answers.all_deleted),
            ("GET", gone, "get", answers.deleted),
            ("DELETE", gone, "purge", answers.purge),
            ("POST", f"{gone}/recover", "recover", answers.recover),
        )
        for method, path, permission, answer in table:
            yield Route((method,), HOSTS, path, answers.handler(permission, answer))

    def _management(self) -> Iterator[Route]:
        answers = ManagementResponses(self._subscription, self.vaults, self.secrets, self.access)
        kind = f"providers/{KIND}"
        table: list[tuple[str, str, Answer]] = [("GET", f"{ONE}/{kind}", answers.list)]
        for groups in GROUPS:
            several = f"{ONE}/{groups}/<group>/{kind}"
            one = f"{several}/<name>"
            table += [
                ("GET", several, answers.list_of_group),
                ("GET", one, answers.get),
                ("PUT", one, answers.put),
                ("PATCH", one, answers.change),
                ("DELETE", one, answers.delete),
                ("PUT", f"{one}/accessPolicies/<kind>", answers.policies),
            ]
            # Of a group they look like resources of any other kind.
            assignment = f"{ONE}/{groups}/<group>/{_ASSIGNMENTS}/<assignment>"
            table += [
                ("PUT", assignment, answers.assign_in_group),
                ("DELETE", assignment, answers.revoke_in_group),
            ]
        table += [
            ("GET", ASSIGNMENTS, answers.assignments),
            ("PUT", f"{ASSIGNMENTS}/<assignment>", answers.assign),
            ("DELETE", f"{ASSIGNMENTS}/<assignment>", answers.revoke),
        ]
        for method, path, answer in table:
            handler = guarded(answer, self._tokens, self._subscription.tenant_id)
            for host in MANAGEMENT:
                yield Route((method,), host, path, handler)

    def _own(self) -> Iterator[Route]:
        answers = OwnResponses(self.vaults, self.secrets)
        for method, path, handler in (
            ("GET", "/modelyard/keyvault/secrets", answers.list),
            ("PUT", "/modelyard/keyvault/vaults/<vault>/secrets/<name>", answers.set),
        ):
            yield Route((method,), "127.0.0.1", path, handler)
