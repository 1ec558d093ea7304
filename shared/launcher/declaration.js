"use strict";
// launch.json: what a generated folder says of its operation.

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { Failure } = require("./failure.js");

/**
 * Read launch.json in the folder of a task or an action.
 *
 * Returns operation, version, oldest and newest (minor versions of Python 3), lock (absolute path
 * of the lock file), lockHash, and library: { path, wheel (its SHA-256, or "" for a folder) }.
 */
function read(folder) {
  const file = path.join(folder, "launch.json");
  let given;
  try {
    given = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw broken(file, error.code === "ENOENT" ? "it doesn't exist" : error.message);
  }
  for (const name of ["operation", "version", "dependencies", "library"]) {
    if (typeof given?.[name] !== "string" || !given[name]) throw broken(file, `${name} is no text`);
  }
  const [oldest, newest] = minors(given.python, file);
  const lock = path.resolve(folder, given.dependencies);
  const library = path.resolve(folder, given.library);
  const isWheel = library.endsWith(".whl");
  if (!isWheel && !fs.existsSync(path.join(library, "modelyard", "__main__.py"))) {
    throw broken(file, `${library} holds no package modelyard`);
  }
  return {
    operation: given.operation,
    version: given.version,
    oldest,
    newest,
    lock,
    lockHash: hashed(lock, file),
    library: { path: library, wheel: isWheel ? hashed(library, file) : "" },
  };
}

/** What tells Python where the library is; a wheel is in the environment itself. */
function libraryOf({ library }) {
  return library.wheel ? {} : { MODELYARD_LIBRARY: library.path };
}

function minors(range, file) {
  const found = Array.isArray(range) ? range.map((text) => /^3\.(\d+)$/.exec(text)) : [];
  if (found.length !== 2 || found.includes(null)) {
    throw broken(file, 'python isn\'t like ["3.10", "3.13"]');
  }
  return found.map((match) => Number(match[1]));
}

function hashed(path, file) {
  try {
    return crypto.createHash("sha256").update(fs.readFileSync(path)).digest("hex");
  } catch (error) {
    throw broken(file, `it names ${path}: ${error.message}`);
  }
}

function broken(file, why) {
  return new Failure("FileError", `can't use ${file}: ${why}`, {
    cause: "the folder of the task or action isn't whole; it needs the folders beside it",
    fix: "take the repository or the extension as it was released; `make generate` writes this file",
  });
}

module.exports = { libraryOf, read };
