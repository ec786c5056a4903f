# Installation: the CMake package `skiff` with the components apply, repack and engine, pkg-config files, programs and units.
# skiff::apply is a package of its own kind: it asks for zstd, xxHash and tl-expected, nothing more. skiff::repack is for
# embedders of it that hand in re-packers, which come with zlib, liblzma and liblz4.
include(CMakePackageConfigHelpers)

set(SKIFF_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/skiff)
set(SKIFF_HEADER_DIR ${PROJECT_SOURCE_DIR}/engine/include/skiff)

# The rooms of the engine that each component is made of, as far as this build has them.
set(SKIFF_APPLY_TARGETS skiff_base skiff_format skiff_entropy skiff_predict skiff_codec skiff_unpack skiff_apply)
set(SKIFF_ENGINE_TARGETS skiff_streams skiff_typing skiff_match skiff_diff skiff_trust skiff_engine)
foreach(list SKIFF_APPLY_TARGETS SKIFF_ENGINE_TARGETS)
  foreach(target ${${list}})
    if(NOT TARGET ${target})
      list(REMOVE_ITEM ${list} ${target})
    endif()
  endforeach()
endforeach()

# skiff_install_component(NAME TARGETS targets... HEADERS headers...) installs libraries and headers as one component
# with its own export set and its own pkg-config file.
function(skiff_install_component name)
  cmake_parse_arguments(ARG "" "" "TARGETS;HEADERS" ${ARGN})
  install(TARGETS ${ARG_TARGETS} EXPORT skiff-${name} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${name})
  list(TRANSFORM ARG_HEADERS PREPEND ${SKIFF_HEADER_DIR}/)
  install(FILES ${ARG_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/skiff COMPONENT ${name})
  install(EXPORT skiff-${name} NAMESPACE skiff:: DESTINATION ${SKIFF_PACKAGE_DIR} COMPONENT ${name})

  # A linker reads static libraries in order: those that use others come first.
  set(SKIFF_PC_LIBS "")
  foreach(target ${ARG_TARGETS})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      string(PREPEND SKIFF_PC_LIBS "-l${target} ")
    endif()
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/skiff-${name}.pc.in skiff-${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/skiff-${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${name})
endfunction()

# From the folder of a .pc file to the prefix, so that an installed tree can be moved.
file(RELATIVE_PATH SKIFF_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
if(SKIFF_LZO)
  set(SKIFF_PC_LZO " lzo2")
endif()

skiff_install_component(apply
  TARGETS ${SKIFF_APPLY_TARGETS}
  HEADERS applier.hpp apply.h bytes.hpp delta_info.hpp digest.hpp io.hpp repackers.hpp result.hpp)
skiff_install_component(repack TARGETS skiff_repack HEADERS repack.h)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/skiffConfig.cmake.in skiffConfig.cmake
  INSTALL_DESTINATION ${SKIFF_PACKAGE_DIR})
write_basic_package_version_file(skiffConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/skiffConfig.cmake ${PROJECT_BINARY_DIR}/skiffConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindxxHash.cmake ${PROJECT_SOURCE_DIR}/cmake/FindLZ4.cmake
        DESTINATION ${SKIFF_PACKAGE_DIR} COMPONENT apply)

if(NOT SKIFF_APPLY_ONLY)
  skiff_install_component(engine
    TARGETS ${SKIFF_ENGINE_TARGETS}
    HEADERS diff.hpp explain.hpp json.hpp release.hpp repository.hpp trust.hpp tuf.hpp)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/FindCryptoPP.cmake DESTINATION ${SKIFF_PACKAGE_DIR} COMPONENT engine)
  if(TARGET skiff)
    install(TARGETS skiff RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cli)
  endif()
  foreach(program server agent)
    if(TARGET skiff-${program})
      install(TARGETS skiff-${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${program})
      install(FILES ${PROJECT_SOURCE_DIR}/packaging/skiff-${program}.service
              DESTINATION lib/systemd/system COMPONENT ${program})
    endif()
  endforeach()
  if(TARGET skiff-agent)
    install(PROGRAMS ${PROJECT_SOURCE_DIR}/packaging/skiff-trial DESTINATION libexec COMPONENT agent)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/skiff-trial.service DESTINATION lib/systemd/system COMPONENT agent)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/skiff-watchdog.conf DESTINATION lib/systemd/system.conf.d COMPONENT agent)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/skiff-warden.service DESTINATION lib/systemd/system COMPONENT agent)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/skiff-agent.sysusers DESTINATION lib/sysusers.d
            RENAME skiff-agent.conf COMPONENT agent)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/agent.json DESTINATION share/doc/skiff-agent COMPONENT agent)
    install(TARGETS skiff-decode skiff-warden RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT agent)
  endif()
  if(TARGET skiff-server)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/skiff-server.sysusers DESTINATION lib/sysusers.d
            RENAME skiff-server.conf COMPONENT server)
    install(FILES ${PROJECT_SOURCE_DIR}/packaging/server.env DESTINATION share/doc/skiff-server COMPONENT server)
  endif()
endif()
