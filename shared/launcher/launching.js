"use strict";
// From the folder of a task or an action to an exit code: the one path of main.js and post.js.

const path = require("node:path");
const { attended, withoutSecrets } = require("./child.js");
const declarations = require("./declaration.js");
const { libraryOf } = declarations;
const { interpreterOf, ready } = require("./environment.js");
const { Cancelled, INTERNAL_ERROR, lines } = require("./failure.js");
const platforms = require("./platform.js");
const places = require("./places.js");
const pythons = require("./python.js");
const { exitCode, listen } = require("./signals.js");

/** Run `modelyard COMMAND OPERATION` for the folder; sets the exit code of this process. */
async function launch(folder, command) {
  const environment = process.env;
  const platform = platforms.detect(environment);
  const signals = listen();
  // Nobody reads any more (a pipe into "head"): what a shell calls 128 + SIGPIPE.
  process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 141 : INTERNAL_ERROR));
  try {
    const { operation, code } = await run(folder, command, environment, platform, signals);
    process.exitCode = code;
    platforms.complete(platform, code, code ? `${operation}: exit code ${code}` : operation);
  } catch (error) {
    const shown = lines(error);
    process.exitCode =
      error instanceof Cancelled ? exitCode(error.signal) : (error.exitCode ?? INTERNAL_ERROR);
    platforms.annotate(platform, "error", shown);
    platforms.complete(platform, process.exitCode, shown[0]);
  } finally {
    signals.stop();
  }
}

async function run(folder, command, environment, platform, signals) {
  const declaration = declarations.read(folder);
  const { operation } = declaration;
  if (command === "release" && nothingKept(platforms.savedState(platform, environment))) {
    platforms.say(`${operation}: nothing to release`);
    return { operation, code: 0 };
  }
  const python = await pythons.find(environment, declaration, memoFile(environment), signals);
  const home = await ready(declaration, python, environment, {
    make(root, id) {
      const { make } = require("./making.js"); // not read on the way that is taken every time
      return make(root, id, { declaration, python, environment, signals, say: platforms.say });
    },
    warn: (shown) => platforms.annotate(platform, "warning", shown),
  });
  signals.check();
  const args = ["-I", "-X", "utf8", "-m", "modelyard", command, operation];
  const env = { ...withoutSecrets(environment), ...libraryOf(declaration) };
  return { operation, code: await attended(interpreterOf(home), args, { env, signals }) };
}

// Values are emptied when what they name was let go. A state that can't be read is Python's to tell.
function nothingKept(text) {
  if (!text) return true;
  try {
    return !Object.values(JSON.parse(text)).some(Boolean);
  } catch {
    return false;
  }
}

function memoFile(environment) {
  return path.join(places.inToolCache(environment) || places.ownFolder(), "pythons.json");
}

module.exports = { launch };
