// Every kind that deploy/kubernetes uses. A field that is not in these types is a mistake: see schema.mjs.
import {Deployment, StatefulSet} from 'kubernetes-types/apps/v1';
import {HorizontalPodAutoscaler} from 'kubernetes-types/autoscaling/v2';
import {ConfigMap, Namespace, Secret, Service, ServiceAccount} from 'kubernetes-types/core/v1';
import {ObjectMeta} from 'kubernetes-types/meta/v1';
import {NetworkPolicy} from 'kubernetes-types/networking/v1';
import {PodDisruptionBudget} from 'kubernetes-types/policy/v1';

// What we use of the Prometheus Operator's kinds, after its API reference.
interface ServiceMonitor {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'ServiceMonitor';
  metadata: ObjectMeta;
  spec: {
    selector: {matchLabels: Record<string, string>};
    endpoints: {port: string; path: string; interval: string}[];
  };
}

interface AlertingRule {
  alert: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface RecordingRule {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

interface PrometheusRule {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'PrometheusRule';
  metadata: ObjectMeta;
  spec: {groups: {name: string; interval?: string; limit?: number; rules: (AlertingRule | RecordingRule)[]}[]};
}

export interface Kinds {
  'apps/v1 Deployment': Deployment;
  'apps/v1 StatefulSet': StatefulSet;
  'autoscaling/v2 HorizontalPodAutoscaler': HorizontalPodAutoscaler;
  'monitoring.coreos.com/v1 PrometheusRule': PrometheusRule;
  'monitoring.coreos.com/v1 ServiceMonitor': ServiceMonitor;
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy;
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget;
  'v1 ConfigMap': ConfigMap;
  'v1 Namespace': Namespace;
  'v1 Secret': Secret;
  'v1 Service': Service;
  'v1 ServiceAccount': ServiceAccount;
}
