import {bars, channel, counted, dashboard, lines, row, share, stat, tenant, window} from './panels.mjs';

const where = 'tenant=~"$tenant", channel=~"$channel"';
const ratings = (scale, values) =>
  `tenant_channel_scale_value:rapport_ratings:increase5m{${where}, scale="${scale}"${values ? `, value=~"${values}"` : ''}}`;
const all = `tenant_channel_scale_value:rapport_ratings:increase5m{${where}}`;
const negative = `tenant_channel_scale:rapport_ratings_negative:increase5m{${where}}`;
const surveys = (more = '') => `tenant_scale_status:rapport_ratings_surveys:increase5m{tenant=~"$tenant"${more}}`;
const happy = 'HAPPY|HAPPY_WOW';

const p = share(ratings('EMOTICON_3', happy), ratings('EMOTICON_3'));
const n = `sum (${counted(ratings('EMOTICON_3'))})`;
// An end of the Wilson interval at 95 %: z = 1.96.
const wilson = (sign) =>
  `(${p} + 3.8416 / (2 * ${n}) ${sign} 1.96 * sqrt((${p}) * (1 - ${p}) / ${n} + 3.8416 / (4 * ${n} ^ 2))) / (1 + 3.8416 / ${n})`;

const atLeast = (red, green) => ({steps: {0: 'red', [red]: 'orange', [green]: 'green'}});

export default dashboard(
    'rapport-happiness', 'Customer happiness',
    'What customers say of us. Ratings count when they are recorded first; corrected figures with intervals: rapport ratings query.',
    'now-7d', [tenant('rapport_ratings_total'), channel('rapport_ratings_total'), window('What the figures look back on')],
    row('Now',
        stat('What share of ratings is happy?',
             'HAPPY among the emoticons (EMOTICON_3) of the window.', 'percentunit', p,
             {...atLeast(0.85, 0.92), max: 1}),
        stat('On how many ratings do the figures stand?', 'Ratings of all scales recorded first in the window.', 'short',
             `sum (${counted(all)})`, {decimals: 0}),
        stat('What share of scores is good?', 'Scores of 4 and 5 among those of CSAT_5 in the window (top-2-box).',
             'percentunit', share(ratings('CSAT_5', '4|5'), ratings('CSAT_5')), {...atLeast(0.7, 0.85), max: 1}),
        stat('Would customers recommend us?',
             'Net promoter score of the window: promoters (9, 10) minus detractors (0 to 6) in each hundred answers.', 'short',
             `100 * (sum (${counted(ratings('NPS_11', '9|10'))}) - sum (${counted(ratings('NPS_11', '[0-6]'))})) / (sum (${counted(ratings('NPS_11'))}) > 0)`,
             {decimals: 0, steps: {'-100': 'red', 0: 'orange', 30: 'green'}}),
        stat('For how many was it easy?', 'Low effort: 5 to 7 of CES_7, 4 and 5 of CES_5. The two are never pooled.',
             'percentunit', {
               'CES_7': share(ratings('CES_7', '[5-7]'), ratings('CES_7')),
               'CES_5': share(ratings('CES_5', '[45]'), ratings('CES_5')),
             }, {max: 1}),
        stat('How many put a thumb up?', 'UP among the THUMBS_2 of the window.', 'percentunit',
             share(ratings('THUMBS_2', 'UP'), ratings('THUMBS_2')), {max: 1})),
    row('Over time',
        lines('How happy are customers, and how sure are we?',
              'Share of happy emoticons in the window before each moment, with the ends of its Wilson interval at 95 %. Intervals that overlap are no change.',
              'percentunit', {'happy': p, 'at least': wilson('-'), 'at most': wilson('+')}, {max: 1}),
        lines('Is the share of negative ratings higher than usual?',
              'Negative ratings by scale: the last six hours beside the four weeks before. The alert RapportUnhappySurge fires when the difference is more than chance.',
              'percentunit', {
                '{{scale}}, six hours':
                    'sum by (scale) (tenant_scale:rapport_ratings_negative:increase6h{tenant=~"$tenant"}) / (sum by (scale) (tenant_scale:rapport_ratings:increase6h{tenant=~"$tenant"}) > 0)',
                '{{scale}}, four weeks before':
                    'sum by (scale) (tenant_scale:rapport_ratings_negative:increase4w{tenant=~"$tenant"}) / (sum by (scale) (tenant_scale:rapport_ratings:increase4w{tenant=~"$tenant"}) > 0)',
              }),
        lines('How many ratings come in?', 'Ratings recorded first, by scale, in the window before each moment.', 'short',
              {'{{scale}}': `sum by (scale) (${counted(all)})`}, {stacked: true}),
        lines('Which channel is least happy?', 'Share of negative ratings of all scales, by channel, in the window before each moment.',
              'percentunit',
              {'{{channel}}': share(negative, all, 'channel')})),
    row('Answers',
        bars('Which values do customers choose?', 'Ratings of the window by scale and value.', 'short',
             {'{{scale}} {{value}}': `sum by (scale, value) (${counted(all)}) > 0`},
             {height: 12, decimals: 0}),
        bars('Where do negative ratings come from?', 'Negative ratings of the window by channel and scale.', 'short',
             {'{{channel}} {{scale}}': `sum by (channel, scale) (${counted(negative)}) > 0`},
             {height: 12, decimals: 0}),
        bars('What became of the surveys?', 'Surveys recorded first in the window by scale and status; they know no channel.',
             'short',
             {'{{scale}} {{status}}': `sum by (scale, status) (${counted(surveys())}) > 0`},
             {height: 12, decimals: 0}),
        lines('How many of those asked answer?',
              'Ratings for each survey delivered, by scale, in the window before each moment; an estimate while answers are on their way. Exact: rapport ratings query.',
              'percentunit', {
                '{{scale}}': share('tenant_scale:rapport_ratings:increase5m{tenant=~"$tenant"}', surveys(', status="DELIVERED"'), 'scale'),
              }, {width: 24})));
