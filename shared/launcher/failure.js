"use strict";
// Errors of the launcher. What they are called, their identifiers and their exit codes are those of
// shared/modelyard/errors.py and launcher_errors.py, which the troubleshooting page is made of; a test compares the two.

const KINDS = {
  FileError: { identifier: "MY003", exitCode: 3 },
  MissingTool: { identifier: "MY004", exitCode: 4 },
  EnvironmentFailed: { identifier: "MY006", exitCode: 6 },
  PackagesUnavailable: { identifier: "MY007", exitCode: 7 },
  PackagesChanged: { identifier: "MY008", exitCode: 8 },
  NoSpace: { identifier: "MY009", exitCode: 9 },
};
const EXPLAIN = "modelyard explain";
const INTERNAL_ERROR = 70;

/** Something that the reader can mend: what happened, the likely cause, what to do. */
class Failure extends Error {
  constructor(kind, what, { cause = "", fix = "" } = {}) {
    super(what);
    Object.assign(this, KINDS[kind], { kind, likely: cause, fix });
  }
}

/** The step was cancelled before the operation started. */
class Cancelled extends Error {
  constructor(signal) {
    super(`cancelled by ${signal}`);
    this.signal = signal;
  }
}

/** The error as it is shown, line by line; the layout is that of ModelyardError.lines. */
function lines(error) {
  if (error instanceof Cancelled) return [error.message];
  const { likely, fix } = error instanceof Failure ? error : unexpected(error);
  const shown = [...error.message.split("\n")];
  if (likely) shown.push(`  cause: ${likely}`);
  if (fix) shown.push(`  fix: ${fix}`);
  if (error instanceof Failure) {
    const more = `${EXPLAIN} ${error.identifier}`;
    shown.push(`  error ${error.identifier}, exit code ${error.exitCode}: ${more}`);
  } else {
    shown.push(`  exit code ${INTERNAL_ERROR}`);
  }
  return shown;
}

function unexpected(error) {
  const place = /([\w.]+\.js:\d+)/.exec(error.stack || "");
  return {
    likely: `a fault of Modelyard's launcher${place ? ` at ${place[1]}` : ""}`,
    fix: "please report it",
  };
}

/** What an error of the file system means for somebody who wants a folder to be written. */
function ofFileSystem(error, folder) {
  if (error instanceof Failure || error instanceof Cancelled || !error.code || !error.syscall) {
    return error;
  }
  if (error.syscall.startsWith("spawn")) {
    return new Failure("EnvironmentFailed", `can't start ${error.path}: ${error.message}`, {
      cause: "the program is gone, isn't for this machine, or may not be started from that disk",
      fix: "run the step again; if it stays so, install that Python anew",
    });
  }
  if (error.code === "ENOSPC" || error.code === "EDQUOT") return noSpace(folder);
  return new Failure("EnvironmentFailed", `can't write in ${folder}: ${error.message}`, {
    cause: "the tool cache is read-only, belongs to another user, or a file is in the way",
    fix: `let the agent's user write there, or set RUNNER_TOOL_CACHE (GitHub) or AGENT_TOOLSDIRECTORY (Azure Pipelines) to a folder that it may write`,
  });
}

function noSpace(folder) {
  return new Failure(
    "NoSpace",
    `no space left while the private Python environment was made in ${folder}`,
    {
      cause: "the disk or its quota is full, there or in the folder for temporary files",
      fix: "free about 100 MB there; old environments in that folder may be deleted",
    },
  );
}

module.exports = { Cancelled, Failure, INTERNAL_ERROR, KINDS, lines, noSpace, ofFileSystem };
