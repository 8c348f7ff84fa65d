// Rendered manifests as podman 4.3 can play them, on the machine's own network, and what the kubelet would do besides.
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import health from 'grpc-health-check';
import {fileURLToPath} from 'node:url';
import {run} from '../e2e/harness.mjs';
import {containers, environment, ofKind, portNumber, workloads} from './manifests.mjs';

const CONTAINERS_CONF = fileURLToPath(new URL('containers.conf', import.meta.url));

export async function podman(...args) {
  return (await run('podman', args, {env: {...process.env, CONTAINERS_CONF}})).stdout.trim();
}

// podman gives secrets undecoded to volumes: it gets them as ConfigMaps.
function decoded({metadata, data}) {
  const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return {apiVersion: 'v1', kind: 'ConfigMap', metadata, data: Object.fromEntries(texts)};
}

const volume = ({name, configMap, secret}) => ({name, configMap: {name: configMap?.name ?? secret.secretName}});
const claimName = (workload, {metadata}) => `${workload.metadata.name}-${metadata.name}`;

// Names of services mean this machine.
function variables(documents, container) {
  const services = ofKind(documents, 'Service').map(({metadata}) => metadata.name).join('|');
  return Object.entries(environment(documents, container))
      .map(([name, value]) => ({name, value: value.replace(new RegExp(`\\b(${services}):`), '127.0.0.1:')}));
}

function pod(documents, workload) {
  const {securityContext, terminationGracePeriodSeconds, volumes = []} = workload.spec.template.spec;
  const claims = (workload.spec.volumeClaimTemplates ?? [])
      .map((each) => ({name: each.metadata.name, persistentVolumeClaim: {claimName: claimName(workload, each)}}));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name: workload.metadata.name},
    spec: {
      securityContext,
      terminationGracePeriodSeconds,
      volumes: [...volumes.map(volume), ...claims],
      containers: containers(workload).map((container) => {
        const {envFrom, ports, startupProbe, livenessProbe, readinessProbe, ...kept} = container;
        return {...kept, imagePullPolicy: 'Never', env: variables(documents, container)};
      }),
    },
  };
}

// What `podman play kube` reads: pods, their settings and volumes.
export function playable(documents) {
  const claims = ofKind(documents, 'StatefulSet').flatMap((workload) => workload.spec.volumeClaimTemplates.map((each) => (
    {apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: {name: claimName(workload, each)}, spec: each.spec})));
  return [
    ...ofKind(documents, 'ConfigMap').map(({apiVersion, kind, metadata, data}) => ({apiVersion, kind, metadata, data})),
    ...ofKind(documents, 'Secret').map(decoded),
    ...claims,
    ...workloads(documents).map((workload) => pod(documents, workload)),
  ];
}

function checkHealth(port) {
  const {Health} = grpc.loadPackageDefinition(protoLoader.loadSync(health.protoPath, {enums: String})).grpc.health.v1;
  const client = new Health(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return new Promise((resolve) => {
    client.check({service: ''}, {deadline: Date.now() + 2000}, (error, answer) => {
      client.close();
      resolve(answer?.status === 'SERVING');
    });
  });
}

// Asks a probe once, as the kubelet does; whether it passed.
export async function passes(workload, container, {httpGet, grpc: call, exec}) {
  if (call) return checkHealth(call.port);
  if (exec) {
    return podman('exec', `${workload.metadata.name}-${container.name}`, ...exec.command).then(() => true, () => false);
  }
  const url = `http://127.0.0.1:${portNumber(workload, httpGet.port)}${httpGet.path}`;
  return fetch(url).then(({ok}) => ok, () => false);
}
