"use strict";
// The Python that an operation runs on: the first candidate that fits.

const { candidates } = require("./candidates.js");
const { WINDOWS } = require("./child.js");
const { Failure } = require("./failure.js");
const { keyOf, learned, loaded, recalled, save } = require("./probing.js");

const PIP_WITH_PYTHON = [22, 3]; // the first that installs into another environment (--python)

/**
 * Find a Python from 3.oldest to 3.newest that can make environments. A signal ends the search.
 *
 * Returns { executable (real path), version ("3.11.7"), minor, pip (usable from outside), ensurepip }.
 */
async function find(environment, range, memoFile, signals) {
  const memo = loaded(memoFile);
  const ask = (candidate) => learned(memo, candidate, environment, signals);
  const look = async (remembered) => {
    const seen = [];
    for (const candidate of candidates(environment, range)) {
      const found = await remembered(candidate);
      if (found && !complaint(found, range)) return { found };
      seen.push({ candidate, found });
    }
    return { seen };
  };
  const known = (candidate) => {
    const found = recalled(memo, candidate);
    return found === undefined ? ask(candidate) : found;
  };
  let { found, seen } = await look(known);
  // Something may have been mended that leaves no trace in the files looked at: look again.
  if (!found && memo.used) ({ found, seen } = await look(ask));
  if (memo.changed) save(memo, memoFile);
  if (!found) throw nothing(seen, range);
  return {
    executable: found.executable,
    version: found.version.join("."),
    minor: found.version[1],
    pip: pipFromOutside(found),
    ensurepip: found.ensurepip,
  };
}

/** Why this Python isn't taken, or "". */
function complaint(found, { oldest, newest }) {
  const [major, minor] = found.version;
  if (found.implementation !== "cpython") return `${found.implementation}, not CPython`;
  if (major !== 3 || minor < oldest || minor > newest) return "not in the range";
  if (!found.venv) return "has no venv module";
  return pipFromOutside(found) || found.ensurepip ? "" : "has neither pip nor ensurepip";
}

function pipFromOutside({ pip }) {
  if (!pip) return false;
  const [major, minor] = pip.split(".").map(Number);
  return (
    major > PIP_WITH_PYTHON[0] || (major === PIP_WITH_PYTHON[0] && minor >= PIP_WITH_PYTHON[1])
  );
}

function nothing(seen, range) {
  const wanted = `Python 3.${range.oldest} to 3.${range.newest}`;
  const shown = seen.map(({ candidate, found }) => {
    const why = found ? `${found.version.join(".")}, ${complaint(found, range)}` : "doesn't run";
    return `    ${keyOf(candidate)}: ${why}`;
  });
  const looked = shown.length ? ["  looked at:", ...shown] : ["  found no program of that name"];
  const lame = seen.find(({ found }) => found && /^has n/.test(complaint(found, range)));
  if (lame) {
    const package_ = `python3.${lame.found.version[1]}-venv`;
    return new Failure(
      "MissingTool",
      [`no ${wanted} that can make an environment`, ...looked].join("\n"),
      {
        cause: "Debian and Ubuntu keep the venv and ensurepip modules in a package of their own",
        fix: `install ${package_} (apt-get install ${package_}), or take another Python: ${setup(range)}`,
      },
    );
  }
  return new Failure("MissingTool", [`no ${wanted} on this machine`, ...looked].join("\n"), {
    cause: seen.length
      ? "the Pythons here are too old, too new, or names that don't run"
      : "Python isn't installed, or not on PATH",
    fix: `${setup(range)}${WINDOWS ? "" : ", or apt-get install python3 python3-venv"}`,
  });
}

function setup({ newest }) {
  return `put actions/setup-python (GitHub) or UsePythonVersion@0 (Azure Pipelines) with version 3.${newest} before this step`;
}

module.exports = { find };
