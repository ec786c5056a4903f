// A public client (tuf-js): node reader.js METADATA_DIR TARGET_DIR URL TARGET… refreshes, then downloads the targets.
const { Updater } = require("tuf-js");

async function main([metadataDir, targetDir, url, ...names]) {
  const updater = new Updater({
    metadataDir, targetDir, metadataBaseUrl: url + "/metadata", targetBaseUrl: url + "/targets",
    config: { fetchRetries: 0 },
  });
  await updater.refresh();
  for (const name of names) {
    const target = await updater.getTargetInfo(name);
    if (!target) throw new Error("no role vouches for " + name);
    console.log(await updater.downloadTarget(target));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
