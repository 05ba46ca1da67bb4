from courier_crm.embedded.keeper import main

main()
