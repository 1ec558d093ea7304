"use strict";
// Where a Python may be, in the order in which they are tried: what the workflow set up, what PATH
// says, what the tool cache has, and names with a version in them.

const fs = require("node:fs");
const path = require("node:path");
const { WINDOWS } = require("./child.js");
const { toolCaches } = require("./places.js");

/** Yields { path, args }: a program that exists, and what it needs to start that Python. */
function* candidates(environment, { oldest, newest }) {
  const seen = new Set();
  for (const candidate of all(environment, oldest, newest)) {
    const key = [candidate.path, ...candidate.args].join(" ");
    if (!seen.has(key)) yield candidate;
    seen.add(key);
  }
}

function* all(environment, oldest, newest) {
  if (environment.pythonLocation) yield* inInstallation(environment.pythonLocation);
  for (const name of WINDOWS ? ["python", "python3"] : ["python3", "python"]) {
    yield* onPath(environment, name);
  }
  for (const cache of toolCaches(environment)) yield* inToolCache(cache, oldest, newest);
  for (let minor = newest; minor >= oldest; minor--) {
    yield* onPath(environment, `python3.${minor}`);
    if (WINDOWS) {
      for (const { path } of onPath(environment, "py")) yield { path, args: [`-3.${minor}`] };
    }
  }
}

function* inInstallation(folder) {
  const names = WINDOWS ? ["python.exe"] : ["bin/python3", "bin/python"];
  for (const name of names) yield* program(path.resolve(folder, name));
}

// actions/setup-python and UsePythonVersion@0 keep Python/X.Y.Z/ARCHITECTURE, with a file beside
// it that says that it is complete.
function* inToolCache(cache, oldest, newest) {
  const home = path.join(cache, "Python");
  const fitting = listed(home)
    .map((name) => /^3\.(\d+)\.(\d+)$/.exec(name))
    .filter((match) => match && match[1] >= oldest && match[1] <= newest)
    .sort((a, b) => b[1] - a[1] || b[2] - a[2]);
  for (const [version] of fitting) {
    const folder = path.join(home, version, process.arch);
    if (fs.existsSync(`${folder}.complete`)) yield* inInstallation(folder);
  }
}

/** Every program of that name on PATH; relative folders of PATH are left out. */
function* onPath(environment, name) {
  const key = Object.keys(environment).find((one) => one.toUpperCase() === "PATH");
  for (const folder of (environment[key] || "").split(path.delimiter)) {
    if (path.isAbsolute(folder)) yield* program(path.join(folder, WINDOWS ? `${name}.exe` : name));
  }
}

function* program(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    if (!fs.statSync(file).isFile()) return;
  } catch {
    return; // not there, or not for this user
  }
  yield { path: file, args: [] };
}

function listed(folder) {
  try {
    return fs.readdirSync(folder);
  } catch {
    return []; // no Python was ever put there
  }
}

module.exports = { candidates, onPath };
