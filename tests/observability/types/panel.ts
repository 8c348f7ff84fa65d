import type {FieldConfig, FieldConfigSource, Panel} from '@grafana/grafana-foundation-sdk/dashboard';
import type {Dataquery} from '@grafana/grafana-foundation-sdk/prometheus';

type Target = Omit<Dataquery, '_implementsDataqueryVariant'>;

// A panel of type Type, whose options and own settings of fields may be given in part.
export type PanelOf<Type extends string, Options, Custom = never> = Omit<Panel, 'type' | 'targets' | 'options' | 'fieldConfig'> & {
  type: Type;
  targets: Target[];
  options: Partial<Options>;
  fieldConfig: Omit<FieldConfigSource, 'defaults'> & {defaults: Omit<FieldConfig, 'custom'> & {custom?: Partial<Custom>}};
};
