"""Cases: ``keeping`` follows the accounts, ``minding`` the clock; the rest is what staff do."""
