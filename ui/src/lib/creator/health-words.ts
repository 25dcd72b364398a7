// Says the numbers of a broadcast's health with their units, and which warnings still matter. Pure.
import type { Health } from '#lib/api/types.ts';
import { bitrate, tenths } from '#lib/format.ts';
import { t } from '#lib/i18n/index.ts';

type Video = NonNullable<Health['video']>;
type Audio = NonNullable<Health['audio']>;

/** "H.264 High, 1280×720, 30.0 frames/s". */
export const pictureFacts = ({ codec, width, height, fps }: Video): string =>
	t('creator.videoFacts', { codec, size: `${width}×${height}`, fps: tenths(fps) });

/** "AAC-LC, 48.0 kHz, stereo, 160 kb/s". */
export const soundFacts = ({ codec, sample_rate, channels, bitrate_bps }: Audio): string =>
	t('creator.audioFacts', {
		codec,
		rate: tenths(sample_rate / 1000),
		channels: channelWords(channels),
		bitrate: bitrate(bitrate_bps)
	});

function channelWords(count: number): string {
	if (count === 1) return t('creator.mono');
	return count === 2 ? t('creator.stereo') : t('creator.channels', { count });
}
