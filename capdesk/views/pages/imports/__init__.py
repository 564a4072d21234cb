"""Files become facts: the list of imports, the wizard, the receipt, and rejected rows put right."""
