"use strict";
// What a Python says of itself. A name proves nothing (version managers and the Windows store leave
// names that don't run), so each candidate is really started; what was learned is remembered beside
// the environments, and holds while the files stay as they are.

const fs = require("node:fs");
const path = require("node:path");
const { collected, forInstaller } = require("./child.js");
const { Cancelled } = require("./failure.js");

const TIME_OUT = 7000; // milliseconds for a Python to start
// Also Python 2 must understand it. The step's folder may hold anything: it leaves sys.path first.
const PROBE = `
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import json
try:
    from importlib.util import find_spec
    has = lambda name: find_spec(name) is not None
except ImportError:
    has = lambda name: False
pip = None
if has("pip"):
    import pip
    pip = pip.__version__
print(json.dumps({
    "version": list(sys.version_info[:3]), "executable": sys.executable,
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
    "base": getattr(sys, "_base_executable", None) or sys.executable,
    "inside": sys.prefix != getattr(sys, "base_prefix", sys.prefix),
    "venv": has("venv"), "ensurepip": has("ensurepip"), "pip": pip}))
`;

/** What the candidate says of itself; null when it doesn't run. An environment's base is asked. */
async function asked(command, args, environment, signals) {
  try {
    const { code, output } = await collected(command, [...args, "-E", "-s", "-B", "-c", PROBE], {
      env: forInstaller(environment),
      signals,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIME_OUT,
      patience: 0, // there is nothing that it could tidy up
    });
    if (code !== 0) return null;
    const found = JSON.parse(output.trim().split("\n").pop());
    if (found.inside && found.base !== found.executable) {
      return await asked(found.base, [], environment, signals);
    }
    return { ...found, executable: fs.realpathSync(found.executable) };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return null; // it can't be started, or is a program of that name that is no Python
  }
}

/** What a candidate is called, to a reader and in the memory. */
function keyOf(candidate) {
  return [candidate.path, ...candidate.args].join(" ");
}

/** What is remembered of the candidate: null if it doesn't run, undefined if nothing holds. */
function recalled(memo, candidate) {
  const entry = memo.entries[keyOf(candidate)];
  if (!entry || entry.stamp !== stamp(candidate.path)) return undefined;
  if (entry.found && entry.foundStamp !== stamp(entry.found.executable)) return undefined;
  memo.used = true;
  return entry.found;
}

/** Start the candidate, and remember what it says. */
async function learned(memo, candidate, environment, signals) {
  const found = await asked(candidate.path, candidate.args, environment, signals);
  memo.entries[keyOf(candidate)] = {
    stamp: stamp(candidate.path),
    found,
    foundStamp: found && stamp(found.executable),
  };
  memo.changed = true;
  return found;
}

function stamp(file) {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size}` : "";
}

/** The memory, from its file. */
function loaded(file) {
  try {
    const entries = JSON.parse(fs.readFileSync(file, "utf8"));
    return { entries: Object.assign(Object.create(null), entries) };
  } catch {
    return { entries: Object.create(null) }; // none yet, or cut off: it is only a memory
  }
}

/** Write the memory for the next step. */
function save(memo, file) {
  const beside = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(beside, JSON.stringify(memo.entries, null, 1));
    fs.renameSync(beside, file);
  } catch {
    // A read-only or full cache costs time here, nothing else.
    fs.rm(beside, { force: true }, () => {});
  }
}

module.exports = { keyOf, learned, loaded, recalled, save };
