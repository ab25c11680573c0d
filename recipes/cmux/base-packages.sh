know_release
update_lists
# shellcheck disable=SC2086 # a list of words
install_packages $BASE_PACKAGES
