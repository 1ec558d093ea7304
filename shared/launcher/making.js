"use strict";
// Making a private environment: beside its place and under a lock, then renamed into it. Whoever
// comes meanwhile waits. What an earlier job left unfinished is thrown away.

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { collected, forInstaller } = require("./child.js");
const { libraryOf } = require("./declaration.js");
const { interpreterOf, isWhole, markWhole, packagesOf } = require("./environment.js");
const { explained } = require("./explaining.js");
const { Failure } = require("./failure.js");
const { install } = require("./installing.js");
const lock = require("./lock.js");

const ABANDONED = 24 * 60 * 60 * 1000; // milliseconds after which an unfinished folder is nobody's
const UNFINISHED = ".unfinished-";

/** Make the environment below root, or wait until another job has. Returns its folder. */
async function make(root, id, job) {
  const folder = path.join(root, id.name);
  const file = path.join(root, `${id.name}.lock`);
  const watched = lock.watch(file);
  let told = false;
  for (;;) {
    const unfinished = `${UNFINISHED}${id.name}-${crypto.randomBytes(4).toString("hex")}`;
    const release = lock.take(file, unfinished);
    if (release) {
      try {
        if (isWhole(folder, id)) return folder; // the one before us made it
        return await makeAlone(root, path.join(root, unfinished), folder, id, job);
      } finally {
        release();
      }
    }
    if (!told) job.say("modelyard: waiting for another job to make the private Python environment");
    told = true;
    await pause(watched.poll, job.signals);
    const left = watched.broken();
    if (left && left.startsWith(UNFINISHED)) remove(path.join(root, path.basename(left)));
  }
}

async function makeAlone(root, unfinished, folder, id, job) {
  const start = process.hrtime.bigint();
  sweep(root);
  try {
    const installer = await build(unfinished, id, job);
    putIntoPlace(root, unfinished, folder, id);
    const seconds = Number((process.hrtime.bigint() - start) / 100_000_000n) / 10;
    job.say(
      `modelyard: made a private Python environment with ${installer} in ${seconds.toFixed(1)} s: ` +
        `${folder} (Python ${job.python.version})`,
    );
    return folder;
  } finally {
    remove(unfinished);
  }
}

async function build(folder, id, job) {
  const { declaration, python, environment, signals } = job;
  const env = forInstaller(environment);
  const cwd = path.dirname(folder);
  const options = ["-I", "-B", "-m", "venv", "--without-pip", folder];
  const made = await collected(python.executable, options, { env, cwd, signals });
  const interpreter = interpreterOf(folder);
  if (made.code) throw explained(made.output, interpreter, "venv");
  const by = await install({
    declaration,
    python,
    target: folder,
    interpreter,
    environment,
    signals,
  });
  const packages = packagesOf(folder, python.minor);
  if (!declaration.library.wheel) addFinder(packages);
  // Names of a shell, with a path in them that is about to change.
  for (const name of fs.readdirSync(path.dirname(interpreter))) {
    if (/^activate|\.ps1$/i.test(name)) remove(path.join(path.dirname(interpreter), name));
  }
  const started = { ...env, ...libraryOf(declaration) };
  await prove(interpreter, declaration, { env: started, cwd, signals });
  markWhole(folder, id, python.minor);
  return by;
}

// The library stays where it is; its bytecode doesn't.
function addFinder(packages) {
  const finder = path.join(__dirname, "library_finder.py");
  fs.copyFileSync(finder, path.join(packages, "_modelyard_library.py"));
  fs.writeFileSync(path.join(packages, "modelyard-library.pth"), "import _modelyard_library\n");
}

/** Start it once before anybody relies on it. */
async function prove(interpreter, { version, library }, options) {
  const program = "import modelyard; print(modelyard.__version__)";
  const { code, output } = await collected(
    interpreter,
    ["-I", "-X", "utf8", "-c", program],
    options,
  );
  if (code === 0 && output.trim() === version) return;
  const said = code === 0 ? `it is version ${output.trim()}, not ${version}` : output.trim();
  throw new Failure("EnvironmentFailed", `the new environment can't import modelyard: ${said}`, {
    cause: `${library.path} doesn't belong to this launch.json`,
    fix: "take the repository or the extension as it was released",
  });
}

function putIntoPlace(root, unfinished, folder, id) {
  if (fs.existsSync(folder)) {
    const aside = path.join(root, `${UNFINISHED}${crypto.randomBytes(4).toString("hex")}`);
    fs.renameSync(folder, aside); // a broken one
    remove(aside);
  }
  try {
    fs.renameSync(unfinished, folder);
  } catch (error) {
    if (!isWhole(folder, id)) throw error; // else a job that lost the lock was faster: the same
  }
}

async function pause(milliseconds, signals) {
  const wake = new AbortController();
  try {
    await signals.during(
      () => wake.abort(),
      sleep(milliseconds, undefined, { signal: wake.signal }),
    );
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
  signals.check();
}

function sweep(root) {
  for (const name of fs.readdirSync(root)) {
    const found = fs.statSync(path.join(root, name), { throwIfNoEntry: false });
    if (name.startsWith(UNFINISHED) && found && Date.now() - found.mtimeMs > ABANDONED) {
      remove(path.join(root, name));
    }
  }
}

function remove(path) {
  fs.rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

module.exports = { make };
