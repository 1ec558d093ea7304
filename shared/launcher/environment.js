"use strict";
// The private environment of an operation: found, or made once and put into place. Its name tells
// a reader what it is for, its identity is everything that it was made from.

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { WINDOWS } = require("./child.js");
const { ofFileSystem } = require("./failure.js");
const places = require("./places.js");

const FORMAT = 1; // of what making.js makes: another number, other environments
const MARKER = "complete.json"; // written last; what was there then has to be there later

/** What an environment is made from: { name, identity }. */
function identify(declaration, python) {
  const { version, lock, lockHash, library } = declaration;
  const dependencies = path.basename(lock, path.extname(lock));
  const made = {
    format: FORMAT,
    version,
    dependencies,
    lock: lockHash,
    wheel: library.wheel, // a folder is named at each start: jobs have copies of one library
    python: python.executable,
    pythonVersion: python.version,
    machine: `${process.platform}-${process.arch}`,
  };
  const identity = crypto.createHash("sha256").update(JSON.stringify(made)).digest("hex");
  const name = `${version}-${dependencies}-py3.${python.minor}-${identity.slice(0, 8)}`;
  return { name, identity, made };
}

/** The environment's own Python. */
function interpreterOf(folder) {
  return WINDOWS ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

/** The folder of the environment's packages. */
function packagesOf(folder, minor) {
  const parts = WINDOWS ? ["Lib"] : ["lib", `python3.${minor}`];
  return path.join(folder, ...parts, "site-packages");
}

/** Whether the environment is whole, by what can be seen without starting it. */
function isWhole(folder, { identity }) {
  let marker;
  try {
    marker = JSON.parse(fs.readFileSync(path.join(folder, MARKER), "utf8"));
    if (marker.identity !== identity || !fs.existsSync(interpreterOf(folder))) return false;
    const present = new Set(fs.readdirSync(path.join(folder, marker.packages)));
    return marker.entries.every((entry) => present.has(entry));
  } catch {
    return false; // not there, or damaged: it is made anew, which tells if that fails too
  }
}

/** Say in the environment that it is whole. */
function markWhole(folder, { identity, made }, minor) {
  const packages = packagesOf(folder, minor);
  const entries = fs.readdirSync(packages).filter((entry) => entry !== "__pycache__");
  const marker = { identity, made, packages: path.relative(folder, packages), entries };
  const file = path.join(folder, MARKER);
  fs.writeFileSync(`${file}.part`, `${JSON.stringify(marker, null, 1)}\n`);
  fs.renameSync(`${file}.part`, file);
}

/**
 * The folder of the whole environment, made where there is none.
 *
 * `make(root, id)` makes it below that root. `warn(lines)` is called where the tool cache can't be
 * written and this user's own folder takes its place.
 */
async function ready(declaration, python, environment, { make, warn }) {
  const id = identify(declaration, python);
  const cache = places.inToolCache(environment);
  if (!cache) return whole(places.ownFolder(), id, make);
  const folder = path.join(cache, id.name);
  if (isWhole(folder, id)) return folder;
  const why = unwritable(cache);
  if (!why) return whole(cache, id, make);
  const instead = places.ownFolder();
  if (!isWhole(path.join(instead, id.name), id)) {
    const { message, likely, fix } = why;
    warn([`${message}; using ${instead}`, `  cause: ${likely}`, `  fix: ${fix}`]);
  }
  return whole(instead, id, make);
}

async function whole(root, id, make) {
  const folder = path.join(root, id.name);
  if (isWhole(folder, id)) return folder;
  try {
    return await make(root, id);
  } catch (error) {
    throw ofFileSystem(error, root);
  }
}

/** Why nothing can be made in the folder: an error to tell of, or null. A full disk is thrown. */
function unwritable(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return null;
  } catch (error) {
    const told = ofFileSystem(error, folder);
    if (told.kind !== "EnvironmentFailed") throw told;
    return told;
  }
}

module.exports = { identify, interpreterOf, isWhole, markWhole, packagesOf, ready };
