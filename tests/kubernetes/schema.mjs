// Validates manifests against a strict JSON schema of the kinds in kinds.ts: unknown fields, wrong types and wrong
// versions are mistakes, also where a cluster would only drop them.
import Ajv from 'ajv';
import {fileURLToPath} from 'node:url';
import {createGenerator} from 'ts-json-schema-generator';

// The types say `string` where the API takes certain words only.
const words = {
  HPAScalingPolicy: {type: ['Pods', 'Percent']},
  LabelSelectorRequirement: {operator: ['In', 'NotIn', 'Exists', 'DoesNotExist']},
  MetricSpec: {type: ['Resource', 'ContainerResource', 'Pods', 'Object', 'External']},
  MetricTarget: {type: ['Utilization', 'AverageValue', 'Value']},
  NetworkPolicyPort: {protocol: ['TCP', 'UDP', 'SCTP']},
  NetworkPolicySpec: {policyTypes: ['Ingress', 'Egress']},
  PersistentVolumeClaimSpec: {accessModes: ['ReadWriteOnce', 'ReadWriteOncePod', 'ReadOnlyMany', 'ReadWriteMany']},
  SeccompProfile: {type: ['RuntimeDefault', 'Localhost', 'Unconfined']},
  TopologySpreadConstraint: {whenUnsatisfiable: ['DoNotSchedule', 'ScheduleAnyway']},
};

function narrow(definitions) {
  for (const [kind, fields] of Object.entries(words)) {
    for (const [field, allowed] of Object.entries(fields)) {
      const type = definitions[kind].properties[field];
      (type.items ?? type).enum = allowed;
    }
  }
  definitions.Quantity.pattern = '^[0-9]+(\\.[0-9]+)?(m|k|[KMGTPE]i|[MGTPE])?$';
}

// No number in these kinds has a fraction.
const integers = (key, value) => {
  if (key !== 'type') return value;
  return value === 'number' ? 'integer' : Array.isArray(value) ? value.map((each) => integers('type', each)) : value;
};

function generate() {
  const generator = createGenerator({
    path: fileURLToPath(new URL('kinds.ts', import.meta.url)),
    type: 'Kinds',
    additionalProperties: false,
    skipTypeCheck: true,
  });
  const schema = JSON.parse(JSON.stringify(generator.createSchema('Kinds')), integers);
  narrow(schema.definitions);
  return schema;
}

const ajv = new Ajv({allErrors: true, allowUnionTypes: true, strict: false}).addSchema(generate(), 'kinds');

// What is wrong with a document, in sentences; nothing when it is valid.
export function schemaProblems(document) {
  const kind = `${document.apiVersion} ${document.kind}`;
  const validate = ajv.getSchema(`kinds#/definitions/Kinds/properties/${encodeURIComponent(kind.replaceAll('/', '~1'))}`);
  if (!validate) return [`${kind} is no kind that kinds.ts knows: is its apiVersion right?`];
  if (validate(document)) return [];
  return validate.errors.map(({instancePath, message, params}) => {
    const detail = params.additionalProperty ?? params.allowedValues?.join(', ') ?? '';
    return `${kind} ${document.metadata?.name}: ${instancePath} ${message} ${detail}`.trim();
  });
}
