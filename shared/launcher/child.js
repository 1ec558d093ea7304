"use strict";
// Starting programs: without a shell, in a process group of their own, so that a signal reaches
// what they started too, and a terminal's Ctrl-C comes to them once, through the launcher.

const { spawn } = require("node:child_process");
const { exitCode } = require("./signals.js");

const WINDOWS = process.platform === "win32";
const KEPT_OUTPUT = 200_000; // characters of an installer's output: the end tells what went wrong
const LIFELINE = 3; // file descriptor
const PATIENCE = 3000; // milliseconds between asking an installer to stop and killing it
const QUIET = ["ignore", "pipe", "pipe"];

/** Run the operation: its output is ours, its signals too. Returns the exit code. */
async function attended(command, args, { env, signals }) {
  const child = spawn(command, args, { ...withLifeline(env), detached: !WINDOWS });
  if (!WINDOWS) child.stdio[LIFELINE].unref();
  // On Windows the console gives Ctrl-C to every process itself; kill() there would end the child.
  const forward = (signal) => WINDOWS || send(child, signal);
  const { code, signal } = await signals.during(forward, ended(child));
  // Killed, it could not end what it had started (by the system, for want of memory).
  if (signal && !WINDOWS) send(child, "SIGKILL");
  return signal ? exitCode(signal) : code;
}

// A pipe that nobody writes to. When this process is killed the system closes it, and the operation
// cancels itself (shared/modelyard/lifeline.py).
function withLifeline(env) {
  if (WINDOWS) return { env, stdio: "inherit" };
  const stdio = ["inherit", "inherit", "inherit", "pipe"];
  return { env: { ...env, MODELYARD_LIFELINE: String(LIFELINE) }, stdio };
}

/**
 * Run a program for its output. A signal ends it, and so do the AbortSignal `halt` and a `timeout`
 * in milliseconds where one is given: by SIGTERM, by SIGKILL after `patience`. Its group ends with
 * it. Returns { code, output }; throws Cancelled after a signal.
 */
async function collected(command, args, options) {
  const { env, cwd, signals, stdio = QUIET, halt, timeout, patience = PATIENCE } = options;
  const child = spawn(command, args, { env, cwd, stdio, detached: !WINDOWS, windowsHide: true });
  let output = "";
  const collect = (text) => {
    output = (output + text).slice(-KEPT_OUTPUT);
  };
  const streams = [child.stdout, child.stderr].filter(Boolean);
  for (const stream of streams) stream.setEncoding("utf8").on("data", collect);
  let killer;
  const kill = () => {
    send(child, "SIGKILL");
    for (const stream of streams) stream.destroy(); // what left the group may hold it open
  };
  const stop = () => {
    if (!patience) kill();
    else if (WINDOWS && child.stdin) child.stdin.destroy(); // the guard ends what it started
    else send(child, "SIGTERM");
    killer = killer || setTimeout(kill, patience);
  };
  const limit = timeout && setTimeout(stop, timeout);
  halt?.addEventListener("abort", stop, { once: true });
  try {
    const { code, signal } = await signals.during(stop, ended(child));
    signals.check();
    return { code: signal ? exitCode(signal) : code, output };
  } finally {
    halt?.removeEventListener("abort", stop);
    clearTimeout(limit);
    clearTimeout(killer);
  }
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // Output may still be on its way at "exit"; an inherited stream has nothing to wait for.
    child.on(child.stdout ? "close" : "exit", (code, signal) => resolve({ code, signal }));
  });
}

function send(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it has ended already
  }
}

// The agent of Azure Pipelines gives each task every secret of the job, as SECRET_<NAME>. An operation
// reads what was given to it by an input or by name. Other variables of that look are the user's own.
function withoutSecrets(environment) {
  const names = parsed(environment.VSTS_SECRET_VARIABLES).map(
    (name) => `SECRET_${String(name).replace(/[ .]/g, "_").toUpperCase()}`,
  );
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

function parsed(list) {
  try {
    const found = JSON.parse(list || "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return []; // a variable that the user gave this name; the agent's own is always a list
  }
}

// An installer needs its own settings and the network's, and nothing that belongs to the step.
function forInstaller(environment) {
  const step =
    /^(SECRET|INPUT|ENDPOINT|SECUREFILE|STATE|VSTS_TASKVARIABLE|ACTIONS|ARM|AZURE|DATABRICKS)_|^GITHUB_TOKEN$|^SYSTEM_ACCESSTOKEN$/i;
  return outside(without(environment, step));
}

// Within a local cloud every name leads into it, and packages come from outside: the cloud says
// what the network's variables were before (shared/modelyard/local/cloud/environment.py).
function outside({ MODELYARD_OUTSIDE: before, ...environment }) {
  if (!before) return environment;
  const entries = Object.entries({ ...environment, ...JSON.parse(before) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function without(environment, pattern) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !pattern.test(name)));
}

module.exports = { WINDOWS, attended, collected, forInstaller, without, withoutSecrets };
