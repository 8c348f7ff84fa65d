// What a schema cannot see: whether rendered documents fit one another, the programs and the rules of a hardened cluster.
import {
  containers, environment, label, named, ofKind, portNumber, selected, selects, workloads,
} from './manifests.mjs';

const eachContainer = (documents) => workloads(documents).flatMap((workload) =>
    containers(workload).map((container) => ({workload, container, at: `${label(workload)}, container ${container.name}`})));

// A time as the flags take it, in seconds.
export function seconds(text) {
  const [, number, unit] = /^(\d+)(ms|s|m|h|)$/.exec(text) ?? [];
  return number * {'': 1, ms: 0.001, s: 1, m: 60, h: 3600}[unit];
}

function* selectors(documents) {
  for (const workload of workloads(documents)) {
    if (!selects(workload.spec.selector, workload.spec.template.metadata.labels)) {
      yield `${label(workload)}: its selector does not take its own pods`;
    }
    for (const {topologyKey, labelSelector} of workload.spec.template.spec.topologySpreadConstraints ?? []) {
      if (!selects(labelSelector, workload.spec.template.metadata.labels)) {
        yield `${label(workload)}: its spread over ${topologyKey} does not count its own pods`;
      }
    }
  }
  const choices = [
    ...ofKind(documents, 'Service').map((document) => [document, {matchLabels: document.spec.selector}]),
    ...ofKind(documents, 'PodDisruptionBudget').map((document) => [document, document.spec.selector]),
    ...ofKind(documents, 'NetworkPolicy').map((document) => [document, document.spec.podSelector]),
    ...ofKind(documents, 'NetworkPolicy').flatMap((document) =>
        [...document.spec.ingress ?? [], ...document.spec.egress ?? []]
            .flatMap(({from = [], to = []}) => [...from, ...to])
            .filter(({podSelector, namespaceSelector}) => podSelector && !namespaceSelector)
            .map(({podSelector}) => [document, podSelector])),
  ];
  for (const [document, selector] of choices) {
    if (!selected(documents, selector).length) yield `${label(document)}: ${JSON.stringify(selector)} takes no pods`;
  }
}

function* ports(documents) {
  for (const service of ofKind(documents, 'Service')) {
    for (const workload of selected(documents, {matchLabels: service.spec.selector})) {
      for (const {port, targetPort} of service.spec.ports) {
        // Clients of a headless service reach the pods themselves, with the service's port.
        if (portNumber(workload, targetPort) !== port) {
          yield `${label(service)}: port ${port} is not ${targetPort} of ${label(workload)}`;
        }
      }
    }
  }
  for (const policy of ofKind(documents, 'NetworkPolicy')) {
    for (const rule of policy.spec.ingress ?? []) {
      for (const workload of selected(documents, policy.spec.podSelector)) {
        for (const {port} of rule.ports) {
          if (portNumber(workload, port) === undefined) {
            yield `${label(policy)}: ${label(workload)} has no port ${port}`;
          }
        }
      }
    }
  }
  for (const {workload, container, at} of eachContainer(documents)) {
    for (const name of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      const {httpGet, grpc, tcpSocket} = container[name] ?? {};
      const port = (httpGet ?? grpc ?? tcpSocket)?.port;
      if (port !== undefined && portNumber(workload, port) === undefined) {
        yield `${at}: ${name} asks port ${port}, which it has not`;
      }
    }
  }
}

function* targets(documents) {
  for (const autoscaler of ofKind(documents, 'HorizontalPodAutoscaler')) {
    const {kind, name} = autoscaler.spec.scaleTargetRef;
    const target = named(documents, kind, name);
    if (!target) yield `${label(autoscaler)}: there is no ${kind} ${name}`;
    else if (target.spec.replicas !== undefined) yield `${label(target)}: replicas would undo what ${label(autoscaler)} does`;
    if (autoscaler.spec.minReplicas > autoscaler.spec.maxReplicas) {
      yield `${label(autoscaler)}: minReplicas exceeds maxReplicas`;
    }
  }
  for (const budget of ofKind(documents, 'PodDisruptionBudget')) {
    if (!(budget.spec.maxUnavailable >= 1)) {
      yield `${label(budget)}: with one replica no node could be drained; give maxUnavailable`;
    }
  }
}

// A problem when neither the manifests nor `external` ({"Secret NAME": [keys]}) have the document, and the key if given.
function* reference(documents, external, at, kind, name, key) {
  const document = named(documents, kind, name);
  const keys = document ? Object.keys(document.data ?? {}) : external[`${kind} ${name}`];
  if (!keys) yield `${at}: there is no ${kind} ${name}`;
  else if (key && !keys.includes(key)) yield `${at}: ${kind} ${name} has no key ${key}`;
}

function volumesOf({spec}) {
  return [
    ...(spec.template.spec.volumes ?? []),
    ...(spec.volumeClaimTemplates ?? []).map(({metadata}) => ({name: metadata.name})),
  ];
}

function* references(documents, {external}) {
  for (const workload of workloads(documents)) {
    const at = label(workload);
    const {serviceAccountName} = workload.spec.template.spec;
    if (serviceAccountName) yield* reference(documents, external, at, 'ServiceAccount', serviceAccountName);
    if (workload.kind === 'StatefulSet' && !named(documents, 'Service', workload.spec.serviceName)) {
      yield `${at}: there is no Service ${workload.spec.serviceName}`;
    }
    for (const {secret, configMap} of volumesOf(workload)) {
      if (secret) yield* reference(documents, external, at, 'Secret', secret.secretName);
      if (configMap) yield* reference(documents, external, at, 'ConfigMap', configMap.name);
    }
  }
  for (const {workload, container, at} of eachContainer(documents)) {
    for (const {configMapRef} of container.envFrom ?? []) {
      yield* reference(documents, external, at, 'ConfigMap', configMapRef.name);
    }
    for (const {valueFrom} of container.env ?? []) {
      const {name, key} = valueFrom?.secretKeyRef ?? {};
      if (name) yield* reference(documents, external, at, 'Secret', name, key);
    }
    for (const {name} of container.volumeMounts ?? []) {
      if (!volumesOf(workload).some((volume) => volume.name === name)) yield `${at}: there is no volume ${name}`;
    }
    yield* files(documents, external, workload, container, at);
  }
}

// Every path that a container is told lies in a volume that has the file.
function* files(documents, external, workload, container, at) {
  const told = [...Object.values(environment(documents, container)), ...container.command];
  for (const file of told.filter((text) => text?.startsWith('/etc/'))) {
    const mount = (container.volumeMounts ?? []).find(({mountPath}) => file.startsWith(`${mountPath}/`));
    const {secret, configMap} = volumesOf(workload).find(({name}) => name === mount?.name) ?? {};
    if (!secret && !configMap) yield `${at}: ${file} is in no volume`;
    else {
      const [kind, name] = secret ? ['Secret', secret.secretName] : ['ConfigMap', configMap.name];
      yield* reference(documents, external, at, kind, name, file.slice(mount.mountPath.length + 1));
    }
  }
}

// Services that a container is told to ask: RAPPORT_..._SERVER, and the store when it is in the cluster.
function* peers(documents) {
  for (const {container, at} of eachContainer(documents)) {
    for (const [variable, value] of Object.entries(environment(documents, container))) {
      if (!/^RAPPORT_(STORE|.+_SERVER)$/.test(variable) || !value) continue;
      const [host, port] = value.replace(/^(redis|dns):\/+/, '').split(':');
      const service = named(documents, 'Service', host);
      if (!service?.spec.ports.some((each) => each.port === Number(port))) {
        yield `${at}: ${variable}: there is no Service ${host}:${port}`;
      }
    }
  }
}

// `flagsOf(program)`: the environment variables that a program reads, with their defaults; undefined for what is not ours.
function* settings(documents, {flagsOf}) {
  for (const {workload, container, at} of eachContainer(documents)) {
    const flags = flagsOf(container.command[0]);
    if (!flags) continue;
    const given = environment(documents, container);
    for (const name of Object.keys(given)) {
      if (!flags.has(name)) yield `${at}: ${container.command[0]} knows no ${name}`;
    }
    const value = (name) => given[name] ?? flags.get(name);
    if (!value('RAPPORT_CREDENTIALS')) yield `${at}: without RAPPORT_CREDENTIALS it would serve its own pod only`;
    for (const [variable, port] of [['RAPPORT_LISTEN', 'grpc'], ['RAPPORT_METRICS_LISTEN', 'metrics']]) {
      if (value(variable) !== `0.0.0.0:${portNumber(workload, port)}`) yield `${at}: ${variable} is not port ${port}`;
    }
    const grace = workload.spec.template.spec.terminationGracePeriodSeconds ?? 30;
    const drain = seconds(value('RAPPORT_DRAIN_DELAY')) + seconds(value('RAPPORT_DRAIN_TIMEOUT'));
    if (!(grace >= drain + 10)) yield `${at}: ${grace} s of grace are less than 10 s more than draining takes (${drain} s)`;
    if (!(seconds(value('RAPPORT_DRAIN_DELAY')) >= 5)) yield `${at}: RAPPORT_DRAIN_DELAY leaves clients no time to notice`;
  }
}

function* images(documents) {
  for (const {container, at} of eachContainer(documents)) {
    if (!/^[^/]+\/.+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(container.image)) {
      yield `${at}: image ${container.image} is not pinned: give its name and tag under \`images\` of the kustomization`;
    }
  }
}

// Kubernetes' "restricted" profile, and what it leaves out.
function* hardening(documents) {
  for (const workload of workloads(documents)) {
    const {automountServiceAccountToken, enableServiceLinks, securityContext, hostNetwork} = workload.spec.template.spec;
    const at = label(workload);
    if (automountServiceAccountToken !== false) yield `${at}: automountServiceAccountToken is not false`;
    if (enableServiceLinks !== false) yield `${at}: enableServiceLinks is not false: variables of services look like flags`;
    if (hostNetwork) yield `${at}: hostNetwork`;
    if (!(securityContext?.runAsNonRoot && securityContext.runAsUser > 0)) yield `${at}: may run as root`;
    if (securityContext?.seccompProfile?.type !== 'RuntimeDefault') yield `${at}: seccompProfile is not RuntimeDefault`;
  }
  for (const {container, at} of eachContainer(documents)) {
    const {allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities} = container.securityContext ?? {};
    if (allowPrivilegeEscalation !== false) yield `${at}: allowPrivilegeEscalation is not false`;
    if (readOnlyRootFilesystem !== true) yield `${at}: readOnlyRootFilesystem is not true`;
    if (capabilities?.drop?.[0] !== 'ALL' || capabilities.add) yield `${at}: capabilities are not dropped`;
    const {requests, limits} = container.resources ?? {};
    if (!requests?.cpu || !requests.memory || !limits?.memory) yield `${at}: resources are not bounded`;
  }
}

function* scraping(documents) {
  for (const workload of workloads(documents)) {
    const {annotations = {}} = workload.spec.template.metadata;
    if (annotations['prometheus.io/scrape'] !== 'true') continue;
    if (Number(annotations['prometheus.io/port']) !== portNumber(workload, 'metrics')) {
      yield `${label(workload)}: prometheus.io/port is not its metrics port`;
    }
  }
  for (const monitor of ofKind(documents, 'ServiceMonitor')) {
    const services = ofKind(documents, 'Service').filter(({metadata}) => selects(monitor.spec.selector, metadata.labels));
    for (const {port} of monitor.spec.endpoints) {
      const without = services.find(({spec}) => !spec.ports.some(({name}) => name === port));
      if (!services.length || without) yield `${label(monitor)}: ${without ? label(without) : 'nothing'} has no port ${port}`;
    }
  }
}

function* names(documents) {
  const seen = new Set();
  for (const document of documents) {
    const name = `${label(document)} in ${document.metadata.namespace}`;
    if (seen.has(name)) yield `${name} is there twice`;
    seen.add(name);
    if (document.kind !== 'Namespace' && !named(documents, 'Namespace', document.metadata.namespace)) {
      yield `${name}: no such namespace`;
    }
  }
}

// Everything that is wrong with the documents, in sentences.
export function problems(documents, context) {
  const checks = [names, selectors, ports, targets, references, peers, settings, images, hardening, scraping];
  return checks.flatMap((check) => [...check(documents, context)]);
}
