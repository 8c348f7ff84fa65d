import type {FieldConfig, Options} from '@grafana/grafana-foundation-sdk/heatmap';
import type {PanelOf} from './panel';

export type Checked = PanelOf<'heatmap', Options, FieldConfig>;
