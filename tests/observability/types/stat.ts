import type {Options} from '@grafana/grafana-foundation-sdk/stat';
import type {PanelOf} from './panel';

export type Checked = PanelOf<'stat', Options>;
