import type {Options} from '@grafana/grafana-foundation-sdk/bargauge';
import type {PanelOf} from './panel';

export type Checked = PanelOf<'bargauge', Options>;
