// How the frame of the page stands: whether the rail is open (remembered) and whether a player asked for theatre.
import { read, write } from '#lib/storage.ts';

const KEY = 'footlight.rail';

class Stage {
	railOpen = $state(true);
	theatre = $state(false);

	start(): void {
		const stored = read(KEY);
		this.railOpen = stored === null ? innerWidth >= 1100 : stored === 'open';
	}

	toggleRail(): void {
		this.railOpen = !this.railOpen;
		write(KEY, this.railOpen ? 'open' : 'closed');
	}
}

export const stage = new Stage();
