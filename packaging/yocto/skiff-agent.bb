SUMMARY = "Update agent for devices with two slots on thin links"
DESCRIPTION = "Fetches signed deltas, applies them to the slot that does not run, has it tried, and keeps or gives it up."
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# A checkout of Skiff; local.conf says where: SKIFF_SOURCE = "/home/me/skiff".
inherit externalsrc
EXTERNALSRC = "${SKIFF_SOURCE}"
EXTERNALSRC_BUILD = "${WORKDIR}/build"

DEPENDS = "boost cli11 libcryptopp libseccomp nlohmann-json openssl p11-kit tl-expected xxhash xz zlib zstd"

inherit cmake pkgconfig systemd useradd

EXTRA_OECMAKE = "-DCMAKE_BUILD_TYPE=MinSizeRel -DSKIFF_SERVER=OFF -DSKIFF_TESTS=OFF"
OECMAKE_TARGET_COMPILE = "skiff-agent skiff-decode skiff-warden"

do_install() {
    DESTDIR="${D}" cmake --install ${B} --component agent
    # The device's own: slots, hardware id, boot control.
    install -D -m 0644 ${SKIFF_SETTINGS} ${D}${sysconfdir}/skiff/agent.json
}
SKIFF_SETTINGS ?= "${S}/packaging/agent.json"

USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system skiff-agent"
USERADD_PARAM:${PN} = "--system --gid skiff-agent --no-create-home --home-dir /var/lib/skiff-agent --shell /sbin/nologin skiff-agent"

SYSTEMD_SERVICE:${PN} = "skiff-agent.service skiff-trial.service skiff-warden.service"

FILES:${PN} += "${prefix}/lib/systemd ${prefix}/lib/sysusers.d ${prefix}/libexec"
CONFFILES:${PN} = "${sysconfdir}/skiff/agent.json"
