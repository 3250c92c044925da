# What a .deb holds: the program, its manual page, completions for three shells, examples. `cpack` in the build folder makes it.
include(GNUInstallDirs)
find_program(SCDOC scdoc)
set(texts ${CMAKE_BINARY_DIR}/texts)
file(MAKE_DIRECTORY ${texts})
set(made ${texts}/holdfast.bash ${texts}/_holdfast ${texts}/holdfast.fish)
set(commands
  COMMAND $<TARGET_FILE:holdfast> completion bash > ${texts}/holdfast.bash
  COMMAND $<TARGET_FILE:holdfast> completion zsh > ${texts}/_holdfast
  COMMAND $<TARGET_FILE:holdfast> completion fish > ${texts}/holdfast.fish)
if(SCDOC)
  list(APPEND made ${texts}/holdfast.1)
  list(APPEND commands COMMAND sh -c "$<TARGET_FILE:holdfast> completion man | ${SCDOC} > ${texts}/holdfast.1")
endif()
add_custom_command(OUTPUT ${made} ${commands} DEPENDS holdfast VERBATIM)
add_custom_target(texts ALL DEPENDS ${made})

install(TARGETS holdfast RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${texts}/holdfast.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME holdfast)
install(FILES ${texts}/_holdfast DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${texts}/holdfast.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
if(SCDOC)
  install(FILES ${texts}/holdfast.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME holdfast)
set(CPACK_PACKAGE_CONTACT "The Holdfast developers <holdfast@example.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Decide, prove, deploy and verify secure AKS clusters, offline first")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libcurl4) # loaded at the first request: no linker knows of it
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_STRIP_FILES ON)
include(CPack)
