import type {FieldConfig, Options} from '@grafana/grafana-foundation-sdk/table';
import type {PanelOf} from './panel';

export type Checked = PanelOf<'table', Options, FieldConfig>;
