import http from 'node:http'; import { readFileSync } from 'node:fs';
import { launch, open } from './browser.mjs'; import { publish, Server, stopAll, until } from './harness.mjs';
const site = http.createServer((q, r) => { const p = new URL(q.url, 'http://x').pathname; if (p === '/hls.js') return r.writeHead(200, {'content-type':'text/javascript'}).end(readFileSync('node_modules/hls.js/dist/hls.min.js')); if (p !== '/') return r.writeHead(404).end(); r.writeHead(200, {'content-type':'text/html'}).end(`<video id=v muted autoplay></video><script src=/hls.js></script><script>
const src=new URL(location).searchParams.get('src'); window.log=[]; const t0=Date.now(); const L=(m)=>window.log.push(((Date.now()-t0)/1000).toFixed(2)+' '+m);
const hls=window.hls=new Hls({debug:{log:L,warn:L,error:L,info:L,debug(){},trace(){}}}); hls.on(Hls.Events.ERROR,(e,d)=>L('ERR '+d.type+' '+d.details+' fatal='+d.fatal+' '+(d.reason||d.error?.message||''))); hls.loadSource(src); hls.attachMedia(v);
setInterval(()=>L('T ct='+v.currentTime.toFixed(2)+' rs='+v.readyState+' p='+v.paused+' buf='+[...Array(v.buffered.length).keys()].map(i=>v.buffered.start(i).toFixed(2)+'-'+v.buffered.end(i).toFixed(2)).join(',')+' lvl='+hls.currentLevel),1000);</script>`); });
await new Promise((f) => site.listen(0, '127.0.0.1', f));
const server = await Server.start(); const browser = await launch(); const ada = await server.creator('ada');
const first = publish(ada.ingest); await server.live('ada', 3);
const { page } = await open(browser);
await page.goto(`http://127.0.0.1:${site.address().port}/?src=${encodeURIComponent(server.playlist('ada'))}`);
await page.waitForTimeout(6000); await page.evaluate(() => window.log.push('--- KILL')); await first.stop('SIGKILL'); await page.waitForTimeout(5000); publish(ada.ingest); await page.evaluate(() => window.log.push('--- BACK')); await page.waitForTimeout(14000);
console.log((await page.evaluate(() => window.log)).join('\n'));
const media = (await (await fetch(server.playlist('ada'))).text()).match(/.*source.*m3u8/)[0]; console.log(await (await fetch(new URL(media, server.playlist('ada')))).text());
await browser.close(); await stopAll(); await server.dispose(); site.close(); process.exit(0);
