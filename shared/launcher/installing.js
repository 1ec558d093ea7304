"use strict";
// The packages of a lock file into an environment: by uv where it is there and pip has no settings
// that uv wouldn't see, else by pip. docs/decisions/0020 says why, with measurements.

const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { onPath } = require("./candidates.js");
const { collected, forInstaller, without } = require("./child.js");
const { decisive, explained } = require("./explaining.js");
const { entries, parts } = require("./lock_file.js");
const { pipIsConfigured } = require("./pip_settings.js");

const AT_ONCE = 2; // pips: each spends its time with one page of the index after the other
const LOCKED = ["--require-hashes", "--no-deps", "--only-binary", ":all:"];
// What and where to install is said here. Everything else of pip and uv is the user's.
const NOT_THE_USERS =
  /^(PIP|UV)_(TARGET|PREFIX|ROOT|REQUIREMENT|REQUIREMENTS|CONSTRAINT|CONSTRAINTS|OVERRIDE|EDITABLE|PYTHON|SYSTEM_PYTHON|DRY_RUN|REPORT|USER|QUIET|VERBOSE|NO_BINARY|ONLY_BINARY|COMPILE_BYTECODE)$|^(PYTHONPATH|PYTHONHOME|PYTHONSTARTUP|VIRTUAL_ENV)$/i;

/**
 * Install what the lock file names, and the wheel where the library is one.
 *
 * `target` is the environment's folder, `interpreter` its Python. Returns what installed it.
 */
async function install({ declaration, python, target, interpreter, environment, signals }) {
  const files = requirements(declaration, target);
  // pip asks rustc for its version, and rustup's rustc makes a folder in the home folder.
  const rustup = path.join(target, "rustup");
  const env = { ...installerEnvironment(environment), RUSTUP_HOME: rustup };
  // Under a guard, which ends it when this process is killed.
  const guard = ["-I", "-B", path.join(__dirname, "installer_guard.py")];
  const run = (command, args, halt) =>
    collected(python.executable, [...guard, command, ...args], {
      env,
      cwd: target,
      signals,
      halt,
      stdio: ["pipe", "pipe", "pipe"],
    });
  try {
    const uv = pipIsConfigured(environment, python) ? null : firstOnPath(environment, "uv");
    if (uv && (await byUv(run, uv, interpreter, files, environment))) return "uv";
    await byPip(run, python, target, interpreter, files);
    return "pip";
  } finally {
    for (const file of files.slice(1)) fs.rmSync(file, { force: true });
    fs.rmSync(rustup, { recursive: true, force: true });
  }
}

/** False when uv can't do it and pip may: it has other certificates and no keyring, for example. */
async function byUv(run, uv, interpreter, files, environment) {
  const cache = environment.UV_CACHE_DIR ? [] : ["--no-cache"];
  const where = ["--python", interpreter, "--no-python-downloads", "--link-mode", "copy"];
  const quiet = ["--no-progress", "--color", "never"];
  const result = await run(uv, [
    "pip",
    "install",
    ...quiet,
    ...cache,
    ...where,
    ...LOCKED,
    ...named(files),
  ]);
  if (result.code && decisive(result.output)) throw explained(result.output, interpreter, "uv");
  return result.code === 0;
}

async function byPip(run, python, target, interpreter, files) {
  const lines = files.flatMap((file) => entries(fs.readFileSync(file, "utf8")));
  // An operation that installs packages itself has a pip of a locked version, which stays.
  const lockedPip = lines.some(({ name }) => name === "pip");
  let pip = [python.executable, "-I", "-B", "-m", "pip", "--python", interpreter];
  let atOnce = AT_ONCE;
  if (!python.pip) {
    const made = await run(interpreter, ["-I", "-B", "-m", "ensurepip", "--default-pip"]);
    if (made.code) throw explained(made.output, interpreter, "ensurepip");
    pip = [interpreter, "-I", "-B", "-m", "pip"];
    if (lockedPip) atOnce = 1; // the pip that works is replaced while it works
  }
  const [command, ...args] = pip;
  const options = [...args, "install", "--no-compile", "--no-warn-script-location", ...LOCKED];
  const split = parts(lines, atOnce).map((texts, index) =>
    written(target, `part-${index}.txt`, `${texts.join("\n")}\n`),
  );
  const installed = async (file, halt) => {
    const result = await run(command, [...options, ...named([file])], halt);
    if (result.code) throw explained(result.output, interpreter, "pip");
  };
  try {
    await sideBySide(split.map((file) => (halt) => installed(file, halt)));
  } finally {
    for (const file of split) fs.rmSync(file, { force: true });
  }
  if (!python.pip && !lockedPip) {
    const without_ = await run(command, [...args, "uninstall", "--yes", "pip", "setuptools"]);
    if (without_.code) throw explained(without_.output, interpreter, "pip");
  }
}

/** Run all at once and wait for all. The first that throws stops the others; its error is thrown. */
async function sideBySide(runs) {
  const halt = new AbortController();
  let first = null;
  const stop = (error) => {
    first = first || error;
    halt.abort();
  };
  await Promise.all(runs.map((run) => run(halt.signal).catch(stop)));
  if (first) throw first;
}

// The lock file, and one of our own for the wheel: with hashes required, it needs one too.
function requirements({ lock, library }, target) {
  if (!library.wheel) return [lock];
  const line = `modelyard @ ${pathToFileURL(library.path)} --hash=sha256:${library.wheel}\n`;
  return [lock, written(target, "library.txt", line)];
}

function written(folder, name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

function named(files) {
  return files.flatMap((file) => ["-r", file]);
}

function installerEnvironment(environment) {
  const env = without(forInstaller(environment), NOT_THE_USERS);
  return {
    // pip's cache is in the home folder, unless the user says where.
    ...(environment.PIP_CACHE_DIR ? {} : { PIP_NO_CACHE_DIR: "1" }),
    ...env,
    PIP_USER: "0",
    PIP_NO_INPUT: "1",
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_ROOT_USER_ACTION: "ignore",
    PIP_PROGRESS_BAR: "off",
    PIP_QUIET: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUTF8: "1",
  };
}

function firstOnPath(environment, name) {
  for (const found of onPath(environment, name)) return found.path;
  return null;
}

module.exports = { install };
