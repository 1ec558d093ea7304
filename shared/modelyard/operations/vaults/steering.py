"""Variables that tell programs what to do: who may write a secret must not get to set them.

A name that the pipeline's author gives to a secret is the author's own wish, and is refused only
where the value would be loaded or run by nearly every later program. A name that comes of what the
vault holds, the name of a secret or a key of its JSON, is refused for the others as well.
"""

from __future__ import annotations

import re

from modelyard.errors import InputError

_LOADED = re.compile(
    r"(LD|DYLD)_.*|PYTHON.*|PATH|PATHEXT|COMSPEC|NODE_OPTIONS|NODE_PATH|BASH_ENV|BASH_FUNC.*|IFS|"
    r"PS4|SHELLOPTS|BASHOPTS|PROMPT_COMMAND|PERL5LIB|PERL5OPT|RUBYLIB|RUBYOPT|JAVA_TOOL_OPTIONS|"
    r"_JAVA_OPTIONS|JDK_JAVA_OPTIONS|DOTNET_STARTUP_HOOKS",
    re.IGNORECASE,
)
_STEERING = re.compile(
    r"(AGENT|BUILD|GITHUB|RUNNER|SYSTEM|INPUT|ENDPOINT|MODELYARD|PIP|NPM_CONFIG)_.*|HOME|ENV|"
    r"GIT_SSH|GIT_SSH_COMMAND|GIT_EXEC_PATH|GIT_ASKPASS|GIT_CONFIG.*|"
    r"(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|"
    r"AZURE_AUTHORITY_HOST|DATABRICKS_HOST",
    re.IGNORECASE,
)
"""What sends programs to another server, has them trust it, or changes how they work."""


def check(name: str, source: str, *, chosen: bool) -> None:
    """Refuse the name of a variable by which programs are steered.

    :param source: of the value, for the message.
    :param chosen: the pipeline's author gave this very name.
    :raises InputError: when it is one.
    """
    if _LOADED.fullmatch(name):
        fix = "set prefix, or give it another name in secrets: 'MY_NAME: NAME_OF_THE_SECRET'"
    elif not chosen and _STEERING.fullmatch(name):
        fix = (
            "set prefix, or give it a name in secrets: 'MY_NAME: NAME_OF_THE_SECRET'; there also "
            f"{name} may stand, for a secret that isn't flattened"
        )
    else:
        return
    raise InputError(
        f"the secret {source} would set the variable {name}, by which programs are steered", fix=fix
    )
