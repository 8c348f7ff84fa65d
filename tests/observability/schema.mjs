// Validates dashboards against Grafana's own types: unknown fields and wrong types are mistakes, as are types of panels
// that have no file in types/.
import Ajv from 'ajv';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {createGenerator} from 'ts-json-schema-generator';

const ajv = new Ajv({allErrors: true, strict: false});
const tsconfig = fileURLToPath(new URL('types/tsconfig.json', import.meta.url));
const validators = new Map();

function validator(kind) {
  const path = fileURLToPath(new URL(`types/${kind}.ts`, import.meta.url));
  if (!existsSync(path)) return undefined;
  if (!validators.has(kind)) {
    const generator = createGenerator({path, tsconfig, type: 'Checked', additionalProperties: false, skipTypeCheck: true});
    validators.set(kind, ajv.compile(generator.createSchema('Checked')));
  }
  return validators.get(kind);
}

// What is wrong with a value, in sentences; nothing when it is a `kind`.
function problems(kind, value) {
  const validate = validator(kind);
  if (!validate) return [`panels of type ${kind} are not used here`];
  if (validate(value)) return [];
  return validate.errors.map(({instancePath, message, params}) =>
    `${instancePath} ${message} ${params.additionalProperty ?? ''}`);
}

export function dashboardProblems(dashboard) {
  return [
    ...problems('dashboard', dashboard),
    ...dashboard.panels.flatMap((panel) => problems(panel.type, panel).map((each) => `${panel.title}: ${each}`)),
  ];
}
