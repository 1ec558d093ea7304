"use strict";
// Runs one of our tasks where its extension isn't installed: from a script step of a pipeline.
//
//     node launch.js run     ModelyardJobRunV1 train
//     node launch.js release ModelyardJobRunV1 train
//
// Script steps are tasks themselves (CmdLine, AzureCLI), and those keep every variable that the agent
// means for a task, such as INPUT_JOB, away from the script. So inputs come as MODELYARD_INPUT_JOB.
// For the same reason a script can keep nothing for a release step of its own: what the operation
// keeps is also put into a variable of the job, MODELYARD_STATE_train, which the release step reads.

const { spawn } = require("node:child_process");
const path = require("node:path");
const readline = require("node:readline");

const INPUT = "MODELYARD_INPUT_";
const KEPT = /^##vso\[task\.settaskvariable variable=MODELYARD_STATE;\](.*)$/;
const PROGRAMS = { run: "main.js", release: "post.js" };

const [command, task, name] = process.argv.slice(2);
if (!(command in PROGRAMS) || !/^\w+$/.test(task || "") || !/^\w+$/.test(name || "")) {
  process.stderr.write("usage: node launch.js run|release TASK NAME\n");
  process.exit(2);
}
const folder = path.resolve(__dirname, "../../../tasks", task);
const environment = forTask({ ...process.env });
const child = spawn(process.execPath, [path.join(folder, PROGRAMS[command])], {
  env: environment,
  stdio: ["inherit", "pipe", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
readline.createInterface({ input: child.stdout, crlfDelay: Infinity }).on("line", (line) => {
  const kept = KEPT.exec(line);
  process.stdout.write(`${line}\n`);
  if (kept) process.stdout.write(`##vso[task.setvariable variable=MODELYARD_STATE_${name}]${kept[1]}\n`);
});
child.on("error", (error) => {
  process.stderr.write(`${task} can't be started: ${error.message}\n`);
  process.exitCode = 1;
});
child.on("close", (code, signal) => {
  process.exitCode = signal ? 1 : code;
});

/** What the agent would give the task. */
function forTask(given) {
  for (const [key, value] of Object.entries(given)) {
    if (!key.toUpperCase().startsWith(INPUT)) continue;
    given[`INPUT_${key.slice(INPUT.length).toUpperCase()}`] = value;
    delete given[key];
  }
  const state = given[`MODELYARD_STATE_${name.toUpperCase()}`];
  if (command === "release" && state) given.VSTS_TASKVARIABLE_MODELYARD_STATE = state;
  return connected(given);
}

/** The service connection that AzureCLI@2 has signed in with, as a task would have got it. */
function connected(given) {
  const federated = given.AZURESUBSCRIPTION_SERVICE_CONNECTION_ID;
  const client = given.AZURESUBSCRIPTION_CLIENT_ID || given.servicePrincipalId;
  const tenant = given.AZURESUBSCRIPTION_TENANT_ID || given.tenantId;
  if (!client || !tenant) return given;
  const id = federated || "azurecli"; // only the service knows a federated one by its id
  given.INPUT_AZURESERVICECONNECTION = id;
  given[`ENDPOINT_AUTH_SCHEME_${id}`] = federated ? "WorkloadIdentityFederation" : "ServicePrincipal";
  given[`ENDPOINT_AUTH_PARAMETER_${id}_TENANTID`] = tenant;
  given[`ENDPOINT_AUTH_PARAMETER_${id}_SERVICEPRINCIPALID`] = client;
  if (federated) given.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN = given.SYSTEM_ACCESSTOKEN;
  else given[`ENDPOINT_AUTH_PARAMETER_${id}_SERVICEPRINCIPALKEY`] = given.servicePrincipalKey;
  for (const one of ["SYSTEM_ACCESSTOKEN", "servicePrincipalKey", "idToken"]) delete given[one];
  return given;
}
