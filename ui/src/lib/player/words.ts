// media-chrome's words, from our catalogue: what its buttons are called by screen readers. Its own dictionaries follow the
// browser's language, the site's pages the catalogue's.
import { addTranslation, setLanguage } from 'media-chrome/utils/i18n';
import { language, t } from '#lib/i18n/index.ts';

const words: Record<string, string> = {
	play: t('player.play'),
	pause: t('player.pause'),
	mute: t('player.mute'),
	unmute: t('player.unmute'),
	volume: t('player.volumeBar'),
	'closed captions': t('key.captions'),
	'enter fullscreen mode': t('key.fullscreen'),
	'exit fullscreen mode': t('player.fullscreenOff'),
	'enter picture in picture mode': t('key.mini'),
	'exit picture in picture mode': t('player.miniOff'),
	'video player': t('player.video'),
	'audio player': t('player.video')
};

// Under a name of our own: the library's type knows its bundled languages only, and those are not to be changed.
const name = `x-${language}`;
addTranslation(name, words as Parameters<typeof addTranslation>[1]);
setLanguage(name);
