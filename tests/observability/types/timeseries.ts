import type {FieldConfig, Options} from '@grafana/grafana-foundation-sdk/timeseries';
import type {PanelOf} from './panel';

export type Checked = PanelOf<'timeseries', Options, FieldConfig>;
