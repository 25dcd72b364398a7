// Says the numbers of a broadcast's health with their units, and which warnings still matter. Pure.
import type { Health } from '#lib/api/types.ts';
import { bitrate, tenths } from '#lib/format.ts';
import { t } from '#lib/i18n/index.ts';

type Video = NonNullable<Health['video']>;
type Audio = NonNullable<Health['audio']>;

/** What encoders call them, by how media playlists write them. */
const CODECS: readonly [RegExp, string][] = [
	[/^avc[13]\b/, 'H.264'],
	[/^(hvc1|hev1)\b/, 'H.265'],
	[/^av01\b/, 'AV1'],
	[/^mp4a\.40\.(5|29)$/, 'HE-AAC'],
	[/^mp4a\b/, 'AAC'],
	[/^opus$/i, 'Opus']
];
const codecName = (codec: string): string => CODECS.find(([written]) => written.test(codec))?.[1] ?? codec;

/** "H.264, 1280×720, 30.0 frames/s". */
export const pictureFacts = ({ codec, width, height, fps }: Video): string =>
	t('creator.videoFacts', { codec: codecName(codec), size: `${width}×${height}`, fps: tenths(fps) });

/** "AAC, 48.0 kHz, stereo, 160 kb/s". */
export const soundFacts = ({ codec, sample_rate, channels, bitrate_bps }: Audio): string =>
	t('creator.audioFacts', {
		codec: codecName(codec),
		rate: tenths(sample_rate / 1000),
		channels: channelWords(channels),
		bitrate: bitrate(bitrate_bps)
	});

function channelWords(count: number): string {
	if (count === 1) return t('creator.mono');
	return count === 2 ? t('creator.stereo') : t('creator.channels', { count });
}
